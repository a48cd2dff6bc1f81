package io.atomicmapping.benchmarks.run;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "report")
public final class ReportCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }
}
