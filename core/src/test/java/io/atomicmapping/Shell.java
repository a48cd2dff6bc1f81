package io.atomicmapping;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs commands that need a shell, as for file systems of a test's own, in a folder. */
record Shell(Path directory) {

    private static final int SECONDS_MAX = 20;

    /** Whether a command succeeds. One that takes too long does not. */
    boolean run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; " + command)
                .directory(directory.toFile()).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(SECONDS_MAX, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    /** Mounts a new file system as the folder "mounted", where that is allowed. */
    boolean mount(String size) throws IOException, InterruptedException {
        return run("mkdir mounted && truncate -s " + size + " disk && mke2fs -q -t ext4 disk"
                + " && mount -o loop disk mounted");
    }
}
