package dev.penstock.benchmarks;

import java.nio.file.Path;

/**
 * Where a benchmark runs and where its figures go.
 *
 * @param root of the checkout
 * @param folder for files, empty at the start
 * @param log what processes say on standard error
 */
record Bench(Path root, Path folder, Path log, Scorecard scorecard) {}
