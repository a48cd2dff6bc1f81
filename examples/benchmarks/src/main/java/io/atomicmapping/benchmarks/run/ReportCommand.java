package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.report.Page;
import io.atomicmapping.benchmarks.report.Pictures;
import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What was measured, as a page and pictures. */
@Command(name = "report", description = "RESULTS.md and pictures from the CSV files.",
        mixinStandardHelpOptions = true)
public final class ReportCommand implements Callable<Integer> {

    @Mixin
    private Folders folders;

    @Option(names = "--out", description = "the page; else RESULTS.md beside the CSV files")
    private Path out;

    @Option(names = "--note", defaultValue = "", description = "what a reader should know first")
    private String note;

    @Override
    public Integer call() throws Exception {
        Path page = out == null ? folders.results.resolve("RESULTS.md") : out;
        Files.createDirectories(page.toAbsolutePath().getParent());
        Files.writeString(page, new Page(folders.results).render(folders.data, note));
        int pictures = new Pictures(folders.results, folders.results.resolve("pictures")).draw().size();
        System.out.println(page + ", and " + pictures + " pictures in "
                + folders.results.resolve("pictures"));
        return 0;
    }
}
