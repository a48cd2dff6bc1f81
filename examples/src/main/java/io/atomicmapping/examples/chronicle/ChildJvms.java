package io.atomicmapping.examples.chronicle;

import java.io.IOException;
import java.nio.file.Path;

/** The JVMs that {@link CrashRun}s need: a writer that gets ready while another writes, and an inspector. */
final class ChildJvms implements AutoCloseable {

    static final int WAITING_SECONDS_MAX = 60;
    private static final int INSPECTION_SECONDS_MAX = 20;
    private static final String READY = "ready";
    /** of a JVM that was stopped by a fault */
    private static final String LAST_WORDS = "#";

    private final Path log;
    private ChildJvm spare;
    private ChildJvm inspector;

    /** What they complain about is added to the log. */
    ChildJvms(Path log) {
        this.log = log;
    }

    /** A writer that waits to be told what to do. */
    ChildJvm writer() throws IOException {
        ChildJvm writer = spare == null ? ChildJvm.start(Writer.class, log) : spare;
        spare = null;
        require(READY.equals(writer.line(WAITING_SECONDS_MAX)), "no writer");
        spare = ChildJvm.start(Writer.class, log);
        return writer;
    }

    /** What the inspector answers, or null if it died or hung: the next one begins anew. */
    String inspect(String what) throws IOException {
        if (inspector == null) {
            inspector = ChildJvm.start(Inspector.class, log);
            require(READY.equals(inspector.line(WAITING_SECONDS_MAX)), "no inspector");
        }
        inspector.tell(what);
        String answer = inspector.line(INSPECTION_SECONDS_MAX);
        if (answer == null || answer.startsWith(LAST_WORDS)) {
            inspector.close();
            inspector = null;
            return null;
        }
        return answer;
    }

    void require(boolean holds, String what) throws IOException {
        if (!holds) {
            throw new IOException(what + ", see its log: log=" + log);
        }
    }

    @Override
    public void close() {
        for (ChildJvm child : new ChildJvm[] {spare, inspector}) {
            if (child != null) {
                child.close();
            }
        }
    }
}
