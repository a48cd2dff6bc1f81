package io.atomicmapping.examples.wordindex;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Runs a {@link WordCounter} in a JVM of its own until a commit after which it is killed, or to its end. */
final class ChildJvm {

    /** A run that is not to be killed. */
    static final long TO_ITS_END = Long.MAX_VALUE;

    private static final int KILLED = 128 + 9;

    private final Workspace workspace;
    private final int wordsPerCommit;
    private final LongConsumer progress;

    /** Children that work in a folder, and whose commits are made known as they come. */
    ChildJvm(Workspace workspace, int wordsPerCommit, LongConsumer progress) {
        this.workspace = workspace;
        this.wordsPerCommit = wordsPerCommit;
        this.progress = progress;
    }

    /**
     * What a child said before it was killed or ended.
     *
     * @param opened its opening
     * @param last its last commit
     */
    record Run(Message.Opened opened, Message.Committed last) {
    }

    /**
     * Runs one child, kills it once it has made known the given commit, and sees that nothing else ended it.
     */
    Run runUntil(long killAtCommit) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(command())
                .redirectError(ProcessBuilder.Redirect.appendTo(workspace.childrenLog().toFile())).start();
        try {
            return converse(child, killAtCommit);
        } finally {
            child.destroyForcibly();
        }
    }

    private Run converse(Process child, long killAtCommit) throws IOException, InterruptedException {
        Message.Opened opened = null;
        Message.Committed last = new Message.Committed(0, 0, 0);
        boolean finished = false;
        boolean killed = false;
        BufferedReader messages = child.inputReader(StandardCharsets.UTF_8);
        for (String line = messages.readLine(); line != null; line = messages.readLine()) {
            switch (Message.parse(line)) {
                case Message.Opened message -> opened = message;
                case Message.Committed message -> {
                    last = message;
                    progress.accept(last.number());
                    if (last.number() >= killAtCommit && !killed) {
                        // By its handle: the process's own method also closes the pipe with the last
                        // messages.
                        killed = child.toHandle().destroyForcibly();
                    } else if (!killed) {
                        answer(child);
                    }
                }
                case Message.Finished _ -> finished = true;
            }
        }
        int exit = child.waitFor();
        boolean asPlanned = killAtCommit == TO_ITS_END ? finished && exit == 0 : killed && exit == KILLED;
        if (!asPlanned) {
            throw new IOException("child ended by itself, see its log: lastCommit=" + last.number()
                    + ", killAtCommit=" + killAtCommit + ", exit=" + exit
                    + ", log=" + workspace.childrenLog());
        }
        return new Run(opened, last);
    }

    private static void answer(Process child) {
        try {
            OutputStream answers = child.getOutputStream();
            answers.write('\n');
            answers.flush();
        } catch (IOException e) {
            // The child has closed its end: what it said last, and its exit status, tell whether it was
            // allowed to.
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        if (WordCounter.class.desiredAssertionStatus()) {
            command.add("-ea");
        }
        Module module = WordCounter.class.getModule();
        if (module.isNamed()) {
            command.addAll(List.of("--enable-native-access=io.atomicmapping.journal",
                    "-p", System.getProperty("jdk.module.path"),
                    "-m", module.getName() + "/" + WordCounter.class.getName()));
        } else {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED",
                    "-cp", System.getProperty("java.class.path"), WordCounter.class.getName()));
        }
        command.add(workspace.index().toString());
        command.add(workspace.text().toString());
        command.add(Integer.toString(wordsPerCommit));
        return command;
    }
}
