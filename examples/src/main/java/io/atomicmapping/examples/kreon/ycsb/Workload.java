package io.atomicmapping.examples.kreon.ycsb;

/** What is done in which part of the operations: YCSB's core workloads of these names. */
enum Workload {

    /** update-heavy */
    A(0.5, 0, 0.5, 0),
    /** read-heavy */
    B(0.95, 0, 0.05, 0),
    /** nothing but reads */
    C(1, 0, 0, 0),
    /** scans of up to 100 entries, and inserts */
    E(0, 0.95, 0, 0.05);

    private final double reads;
    private final double scans;
    private final double updates;
    private final double inserts;

    Workload(double reads, double scans, double updates, double inserts) {
        this.reads = reads;
        this.scans = scans;
        this.updates = updates;
        this.inserts = inserts;
    }

    /** The operation that a number from 0 to 1 chooses. */
    Operation choose(double number) {
        if (number < reads) {
            return Operation.READ;
        }
        if (number < reads + scans) {
            return Operation.SCAN;
        }
        return number < reads + scans + updates || inserts == 0 ? Operation.UPDATE : Operation.INSERT;
    }

    /** What can be done. */
    enum Operation {
        READ, SCAN, UPDATE, INSERT
    }
}
