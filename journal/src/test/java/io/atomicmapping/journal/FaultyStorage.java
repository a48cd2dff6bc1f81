package io.atomicmapping.journal;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** A storage in memory that counts calls by name, and fails where it is told to. */
final class FaultyStorage {

    final MemoryStorage live = new MemoryStorage();
    /** Every call that changes something, in order: "writeDirect 4096", "force", "rename". */
    final List<String> changes = new ArrayList<>();
    private String failing;

    /** From now on, calls whose description begins like this fail. */
    void failAt(String call) {
        failing = call;
    }

    void heal() {
        failing = null;
    }

    Storage storage() {
        return proxy(Storage.class, live);
    }

    private <T> T proxy(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method,
                arguments) -> {
            String name = method.getName();
            if (List.of("write", "writeDirect", "setLength", "zero").contains(name)) {
                note(name + " " + arguments[0]);
            } else if (List.of("force", "forceAll", "rename", "forceDirectory").contains(name)) {
                note(name);
            }
            if (name.equals("copyPermissions")) {
                return null; // the model is wrapped, and storages in memory have no permissions
            }
            try {
                Object result = method.invoke(target, arguments);
                return result instanceof DurableFile file ? proxy(DurableFile.class, file) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    private void note(String change) throws IOException {
        changes.add(change);
        if (failing != null && change.startsWith(failing)) {
            throw new IOException("injected fault: " + change);
        }
    }
}
