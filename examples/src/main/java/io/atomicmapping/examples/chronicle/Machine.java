package io.atomicmapping.examples.chronicle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Where a {@link Writer} runs, and what becomes of its files when its life ends. */
interface Machine extends AutoCloseable {

    /** The data file. */
    Path file();

    /** Where the writer is to leave what is surely on disk, or null. */
    Path remembered();

    /** Takes the files away: the next life begins with none. */
    void erase() throws IOException;

    /** Before a life. */
    void on() throws IOException;

    /** Ends a life; what is left can be looked at then. */
    void off(ChildJvm writer, SplittableRandom random) throws IOException;

    @Override
    void close() throws IOException;

    /** This machine, real files: only the process is killed, and the kernel keeps what it had stored. */
    class Kills implements Machine {

        private final Path directory;

        Kills(Path directory) {
            this.directory = directory;
        }

        @Override
        public final Path file() {
            return directory.resolve("map");
        }

        @Override
        public Path remembered() {
            return null;
        }

        @Override
        public final void erase() throws IOException {
            for (String name : new String[] {"map", "map.journal", "map.being-made", "remembered"}) {
                Files.deleteIfExists(directory.resolve(name));
            }
        }

        @Override
        public void on() throws IOException {
            // nothing was off
        }

        @Override
        public void off(ChildJvm writer, SplittableRandom random) throws IOException {
            writer.kill();
        }

        @Override
        public void close() {
            // the files are left to be looked at
        }
    }

    /** The same, and then the power fails: {@link PageLottery} tells what that means. */
    final class PowerCuts extends Kills {

        private final Path remembered;

        PowerCuts(Path directory) {
            super(directory);
            remembered = directory.resolve("remembered");
        }

        @Override
        public Path remembered() {
            return remembered;
        }

        @Override
        public void on() throws IOException {
            Files.deleteIfExists(remembered);
        }

        @Override
        public void off(ChildJvm writer, SplittableRandom random) throws IOException {
            super.off(writer, random);
            if (Files.exists(remembered)) {
                PageLottery.draw(file(), remembered, random);
            }
        }
    }
}
