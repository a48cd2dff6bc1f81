package io.atomicmapping.examples.wordindex;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.examples.HeapCheck;
import io.atomicmapping.examples.PersistentHashMap;
import io.atomicmapping.examples.program.Programs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The program: counts the words of a text in a {@link PersistentHashMap}, in child JVMs that it kills with
 * SIGKILL after random commits, and requires that the counts are in the end those of a plain {@link
 * HashMap}, word by word.
 */
@Command(name = "word-index", sortOptions = false, description =
        "Counts the words of a text in a mapped file. The process that counts is killed again and again, and"
        + " the next one goes on from the last commit. In the end each word was counted exactly once, or the"
        + " exit status is 1.")
public final class WordIndex implements Callable<Integer> {

    /**
     * Where a given text is too short for the kills, it is repeated until they have this many times the
     * least room.
     */
    private static final int ROOM_FOR_CHANCE = 4;
    private static final int SHOWN_DIFFERENCES = 10;

    @Parameters(arity = "0..*", paramLabel = "PATH",
            description = "Files and folders to read; by default 20 MB of the JDK's own sources.")
    private List<Path> paths = new ArrayList<>();

    @Option(names = "--kills", defaultValue = "25", paramLabel = "N",
            description = "How often the counting process is killed; default: ${DEFAULT-VALUE}.")
    private int kills;

    @Option(names = "--commit-every", defaultValue = "1000", paramLabel = "WORDS",
            description = "Words in a commit; default: ${DEFAULT-VALUE}.")
    private int wordsPerCommit;

    @Option(names = "--seed", paramLabel = "SEED",
            description = "Chooses the commits after which to kill; by default another one each time.")
    private Long seed;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this.")
    private boolean help;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final PrintStream out;

    /** The program, with its report on standard output. */
    public WordIndex() {
        this(System.out);
    }

    WordIndex(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the program and exits: with 0 if every word was counted exactly once, else with 1; with 2 for
     * wrong arguments.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new WordIndex()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Programs.requireAtLeast(spec, "--kills", kills, 0);
        Programs.requireAtLeast(spec, "--commit-every", wordsPerCommit, 1);
        paths.forEach(this::requireExists);
        long start = System.nanoTime();
        Workspace workspace = Workspace.create();
        Path text = workspace.text();
        String source = Corpus.gather(paths, text);
        Map<String, Long> expected = countInMemory(text);
        long words = total(expected);
        if (words == 0) {
            throw new IOException("no words in the text, give files or folders of text: text=" + source);
        }
        long copies = copiesForKills(words);
        if (copies > 1) {
            Corpus.repeat(text, copies);
            expected = countInMemory(text);
            words = total(expected);
        }
        long commits = (words + wordsPerCommit - 1) / wordsPerCommit;
        long usedSeed = seed == null ? new Random().nextLong(1_000_000) : seed;
        out.printf("counting %,d words of %s in %,d commits, with %d kills (seed %d), in %s%n",
                words, source, commits, kills, usedSeed, workspace.directory());

        Report report = new Report(usedSeed, wordsPerCommit, Files.size(text), copies);
        count(workspace, KillPlan.draw(kills, commits, usedSeed), commits, report);
        List<String> differences = compare(workspace.index(), expected, report);
        report.print(out, expected, System.nanoTime() - start);
        if (!differences.isEmpty()) {
            differences.stream().limit(SHOWN_DIFFERENCES).forEach(out::println);
            out.printf("WRONG: %,d words have another count than in memory; everything is in %s%n",
                    differences.size(), workspace.directory());
            return 1;
        }
        out.printf("exactly once: all %,d counts are those of a plain HashMap%n", expected.size());
        workspace.delete();
        return 0;
    }

    private void count(Workspace workspace, long[] killPlan, long commits, Report report)
            throws IOException, InterruptedException {
        try (ProgressBar bar = Programs.progress("commits", commits)) {
            ChildJvm child = new ChildJvm(workspace, wordsPerCommit, bar::stepTo);
            for (long killAtCommit : killPlan) {
                report.add(child.runUntil(killAtCommit), true);
                bar.setExtraMessage(" kill " + report.kills());
            }
            report.add(child.runUntil(ChildJvm.TO_ITS_END), false);
        }
    }

    /** How often the text must be repeated so that there are commits enough to be killed after. */
    private long copiesForKills(long words) {
        long least = KillPlan.leastCommits(kills);
        if (words / wordsPerCommit >= least) {
            return 1;
        }
        return (least * ROOM_FOR_CHANCE * wordsPerCommit + words - 1) / words;
    }

    private static Map<String, Long> countInMemory(Path text) throws IOException {
        Map<String, Long> counts = new HashMap<>();
        try (WordReader words = WordReader.open(text, 0)) {
            for (byte[] word = words.next(); word != null; word = words.next()) {
                counts.merge(name(word), 1L, Long::sum);
            }
        }
        return counts;
    }

    static List<String> compare(Path index, Map<String, Long> expected, Report report)
            throws IOException {
        List<String> differences = new ArrayList<>();
        Map<String, Long> missing = new HashMap<>(expected);
        try (AtomicMapping mapping = AtomicMapping.open(index)) {
            PersistentHashMap<byte[], Long> counts = WordCounter.counts(mapping);
            HeapCheck heap = HeapCheck.of(WordCounter.heap(mapping), counts);
            report.setIndex(mapping.lastCommit(), mapping.size(), heap.bytes() + heap.freeBytes());
            for (Map.Entry<byte[], Long> entry : counts) {
                Long count = missing.remove(name(entry.getKey()));
                if (!entry.getValue().equals(count)) {
                    differences.add("wrong count: word=" + name(entry.getKey()) + ", expected=" + count
                            + ", actual=" + entry.getValue());
                }
            }
        }
        missing.forEach((word, count) -> differences.add("missing: word=" + word + ", expected=" + count));
        return differences;
    }

    /** One character for each byte, so that different words have different names whatever their encoding. */
    private static String name(byte[] word) {
        return new String(word, StandardCharsets.ISO_8859_1);
    }

    private static long total(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private void requireExists(Path path) {
        if (!Files.exists(path)) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "no such text, give files or folders: path=" + path);
        }
    }
}
