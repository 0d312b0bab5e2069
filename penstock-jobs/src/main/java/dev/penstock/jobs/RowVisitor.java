package dev.penstock.jobs;

/** Receives the good rows of a scan in file order. Called on the scanning thread; what it throws ends the scan. */
@FunctionalInterface
public interface RowVisitor {
    void visit(RowPlace place, PreparedRequest request);
}
