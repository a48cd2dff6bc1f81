package io.atomicmapping.crash;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A hash of everything on a disk that a program, or a later crash, can tell: two disks of one fingerprint
 * need to be looked at once. SHA-256, so that no two others share one by chance.
 *
 * <p>Of what is random in a journal, and of the numbers that files have here, it tells only which are equal.
 */
final class Fingerprint {

    private final MessageDigest digest;
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
    private final Pseudonyms pseudonyms = new Pseudonyms();
    private final Map<Content, Integer> contents = new IdentityHashMap<>();

    private Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has it", e);
        }
    }

    static ByteBuffer of(SimulatedDisk disk) {
        Fingerprint fingerprint = new Fingerprint();
        synchronized (disk) {
            fingerprint.add(disk.names(), true);
            if (!disk.log().isEmpty()) { // what a killed process left in the cache: its fate is open
                fingerprint.add(disk.namesAtStart(), false);
                disk.log().forEach(fingerprint::add);
            }
        }
        return ByteBuffer.wrap(fingerprint.digest.digest());
    }

    private void add(Map<Path, Content> names, boolean cached) {
        for (Map.Entry<Path, Content> name : new TreeMap<>(names).entrySet()) {
            add(name.getKey().toString().getBytes(StandardCharsets.UTF_8));
            add(numberOf(name.getValue()));
            add(cached ? name.getValue().cached : name.getValue().atStart);
        }
        add(-1);
    }

    private void add(FileImage image) {
        add(image.length());
        add(image.allocatedBytes());
        new TreeMap<>(image.attributes).forEach((name, value) -> {
            add(name.getBytes(StandardCharsets.UTF_8));
            add(pseudonyms.attribute(value));
        });
        new TreeMap<>(image.sectors).forEach((sector, bytes) -> {
            if (bytes != FileImage.ZEROS) {
                add(sector);
                digest.update(pseudonyms.sector(sector, bytes));
            }
        });
        add(-1);
    }

    private void add(Operation operation) {
        add(operation.kind().ordinal());
        add(operation.path().toString().getBytes(StandardCharsets.UTF_8));
        add(operation.content() == null ? -1 : numberOf(operation.content()));
        add(operation.position());
        add(operation.bytes());
        for (int unit = 0; unit < operation.units(); unit++) {
            add(operation.alwaysDurable().get(unit) ? 1 : 0);
            add(unit < operation.sectorCount() ? operation.sector(unit) : -1);
            switch (operation.value(unit)) {
                case byte[] bytes when operation.change().isOfAttribute() -> add(pseudonyms.attribute(bytes));
                case byte[] bytes -> add(pseudonyms.sector(operation.sector(unit), bytes));
                case Long length -> add(length);
                case null, default -> add(-1);
            }
        }
        add(operation.isForceFailed(0) ? 1 : 0);
    }

    private int numberOf(Content content) {
        Integer known = contents.putIfAbsent(content, contents.size());
        return known == null ? contents.size() - 1 : known;
    }

    private void add(byte[] bytes) {
        add(bytes.length);
        digest.update(bytes);
    }

    private void add(long value) {
        digest.update(number.clear().putLong(value).array());
    }
}
