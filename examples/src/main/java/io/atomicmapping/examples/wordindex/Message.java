package io.atomicmapping.examples.wordindex;

/** What a child tells its parent: one line each. */
sealed interface Message {

    /**
     * The index is open.
     *
     * @param lastCommit the commit it goes on from
     * @param commitsReplayed the commits that recovery found in the journal
     * @param nanos how long recovery took
     */
    record Opened(long lastCommit, long commitsReplayed, long nanos) implements Message {
        @Override
        public String toString() {
            return "opened " + lastCommit + " " + commitsReplayed + " " + nanos;
        }
    }

    /**
     * A commit is durable.
     *
     * @param number its number
     * @param storedBytes what this child has stored so far: new words, counts, positions
     * @param journaledBytes what this child has written to the journal so far
     */
    record Committed(long number, long storedBytes, long journaledBytes) implements Message {
        @Override
        public String toString() {
            return "committed " + number + " " + storedBytes + " " + journaledBytes;
        }
    }

    /** Everything is counted and the index closed. */
    record Finished() implements Message {
        @Override
        public String toString() {
            return "finished";
        }
    }

    /** The message in a line. */
    static Message parse(String line) {
        String[] words = line.split(" ");
        return switch (words[0]) {
            case "opened" -> new Opened(
                    Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
            case "committed" -> new Committed(
                    Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
            case "finished" -> new Finished();
            default -> throw new IllegalArgumentException("not a message of a child: line=" + line);
        };
    }
}
