package dev.penstock.jobs.batch;

import dev.penstock.jobs.BudgetForTests;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.BatchStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A provider and a job's file in virtual time: does what a {@link BatchMachine} says, with faults, and lets the machine die
 * between any two steps. Rows are only counted.
 */
final class VirtualProvider implements PartJournal {
    private static final long SECOND = 1_000_000_000L;

    final List<String> log = new ArrayList<>();
    final Map<Integer, Part> disk = new TreeMap<>();
    final Map<String, Long> learned = new LinkedHashMap<>();
    final SequencedMap<String, Remote> batches = new LinkedHashMap<>();
    final RandomGenerator random;
    long now = Long.MAX_VALUE - 20 * SECOND;
    long queueLimit = Long.MAX_VALUE;
    long batchNanos = 100 * SECOND;
    double faults;
    double lostAnswers;
    /** No connection from this time; the first call of an outage arrives, and its answer is lost. */
    long outageFrom;

    long outageNanos;
    long triesInOutage;
    long freeRows;
    long freeTokensEach = 1;
    long ended;
    long rowsPerPart = 50_000;
    double rowsFreedShare;
    int nextPart = 1;
    /** Nano-dollars that a row can cost; 0 for no budget. */
    long worstCaseEach;

    long budget;
    long spent;
    /** The most that the provider could have asked for at any moment. */
    long mostCharged;

    PartBudget guard = PartBudget.NONE;
    int died;
    private int files;

    /** A batch at the provider. */
    static final class Remote {
        final int part;
        final long tokens;
        final long createdAt;
        BatchStatus status = BatchStatus.VALIDATING;
        List<BatchObject.Problem> errors = List.of();
        boolean merged;

        Remote(int part, long tokens, long createdAt) {
            this.part = part;
            this.tokens = tokens;
            this.createdAt = createdAt;
        }
    }

    VirtualProvider(long seed, long rows) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.freeRows = rows;
    }

    BatchMachine machine(MachineSettings settings) {
        List<Part> open = disk.values().stream()
                .filter(part -> !part.phase().isOver() || !part.fileId().isEmpty())
                .toList();
        return new BatchMachine(
                settings,
                open,
                new TokenQueue(learned),
                new CreationPace(2_000, List.of()),
                budgetOf(open),
                this,
                random,
                now);
    }

    /** Runs to the end of a goal, beginning anew at each death. */
    BatchMachine run(MachineSettings settings, double deaths) {
        BatchMachine machine = machine(settings);
        for (int steps = 0; steps < 200_000; steps++) {
            if (random.nextDouble() < deaths) {
                died++;
                machine = machine(settings);
            }
            BatchAction action = machine.next(now, now / 1_000_000);
            log.add(action.getClass().getSimpleName());
            if (action instanceof BatchAction.Finished) {
                return machine;
            }
            now += action instanceof BatchAction.Wait ? 0 : SECOND / 10;
            boolean diesBeforeItHears = random.nextDouble() < deaths;
            act(machine, action, diesBeforeItHears);
            mostCharged = Math.max(mostCharged, mayBeCharged());
            if (diesBeforeItHears) {
                died++;
                machine = machine(settings);
            }
        }
        throw new AssertionError(
                "it does not come to an end; the last steps were " + log.subList(log.size() - 20, log.size()));
    }

    /** What the provider may ask for: for what is in the job, and for all that may run. */
    private long mayBeCharged() {
        return spent
                + batches.values().stream()
                        .filter(batch -> !batch.merged && batch.status != BatchStatus.FAILED)
                        .mapToLong(batch -> part(batch.part).size().worstCaseNanoDollars())
                        .sum();
    }

    Part part(int number) {
        Part part = disk.get(number);
        if (part == null) {
            throw new AssertionError("there is no part " + number);
        }
        return part;
    }

    /** The budget where the file leaves it: what the answers cost, and what may run. */
    private PartBudget budgetOf(List<Part> open) {
        long held = open.stream()
                .filter(part -> part.phase().mayRun())
                .mapToLong(part -> part.size().worstCaseNanoDollars())
                .sum();
        guard = worstCaseEach == 0 ? PartBudget.NONE : BudgetForTests.of(budget, spent, held);
        return guard;
    }

    private long leftOfBudget() {
        return BudgetForTests.left(guard);
    }

    /** Answers cost anything up to their worst, and some are lost. */
    private PartCost cost(Part part, long answers) {
        if (worstCaseEach == 0) {
            return PartCost.NOTHING;
        }
        long lost = random.nextInt(4) == 0 ? random.nextLong(answers + 1) : 0;
        long cost = (long) ((answers - lost) * worstCaseEach * random.nextDouble());
        return new PartCost(cost, lost * worstCaseEach);
    }

    private void act(BatchMachine machine, BatchAction action, boolean deaf) {
        switch (action) {
            case BatchAction.Plan plan -> {
                List<Part> parts = new ArrayList<>();
                long left = worstCaseEach == 0 ? Long.MAX_VALUE : Math.max(1, leftOfBudget() / worstCaseEach);
                while (freeRows > 0 && left > 0) {
                    long most = learned.containsKey("m") ? learned.get("m") / freeTokensEach : Long.MAX_VALUE;
                    long rows = Math.min(Math.min(freeRows, left), Math.min(rowsPerPart, most));
                    freeRows -= rows;
                    left -= rows;
                    parts.add(Part.planned(new PartSize(
                            nextPart++,
                            new PartKey("m", "/v1/responses"),
                            rows,
                            rows,
                            rows * freeTokensEach,
                            rows * worstCaseEach)));
                }
                boolean more = freeRows > 0;
                parts.forEach(part -> disk.put(part.number(), part));
                tell(deaf, () -> machine.planned(parts, more, now));
            }
            case BatchAction.Upload(Part part) -> {
                String id = "file-" + part.number() + "-" + ++files;
                answer(
                        machine,
                        part,
                        deaf,
                        () -> uploads.put(part.number(), id),
                        () -> machine.uploaded(part.number(), id, now));
            }
            case BatchAction.FindFile(Part part) ->
                answer(
                        machine,
                        part,
                        deaf,
                        () -> {},
                        () -> machine.foundFile(part.number(), Optional.ofNullable(uploads.get(part.number())), now));
            case BatchAction.Create(Part part) -> {
                String id = "batch-" + (batches.size() + 1);
                answer(
                        machine,
                        part,
                        deaf,
                        () -> batches.put(
                                id, new Remote(part.number(), part.size().tokens(), now)),
                        () -> machine.created(part.number(), object(id), now));
            }
            case BatchAction.FindBatch(Part part) ->
                answer(
                        machine,
                        part,
                        deaf,
                        () -> {},
                        () -> machine.foundBatch(
                                part.number(), unknownBatch(part).map(this::object), now));
            case BatchAction.Poll(Part part) -> {
                advance();
                answer(machine, part, deaf, () -> {}, () -> machine.polled(part.number(), object(part.batchId()), now));
            }
            case BatchAction.Cancel(Part part) ->
                answer(
                        machine,
                        part,
                        deaf,
                        () -> remote(part.batchId()).status = BatchStatus.CANCELLED,
                        () -> machine.cancelled(part.number(), now));
            case BatchAction.Merge(Part part) -> {
                Remote remote = remote(part.batchId());
                if (remote.merged) {
                    throw new AssertionError("part " + part.number() + " was merged twice");
                }
                long rows = part.size().rows();
                long freed = remote.status == BatchStatus.COMPLETED ? (long) (rows * rowsFreedShare) : rows / 2;
                remote.merged = true;
                ended += rows - freed;
                freeRows += freed;
                disk.put(part.number(), part.merged());
                PartCost cost = cost(part, rows - freed);
                spent += cost.total();
                tell(deaf, () -> machine.merged(part.number(), freed, cost, now));
            }
            case BatchAction.Release(Part part, List<BatchObject.Problem> problems, boolean attempt) -> {
                ended += problems.size();
                freeRows += part.size().rows() - problems.size();
                disk.put(part.number(), part.dissolved());
                tell(deaf, () -> machine.released(part.number(), part.size().rows() - problems.size(), now));
            }
            case BatchAction.DeleteFile(Part part) ->
                answer(machine, part, deaf, () -> uploads.remove(part.number()), () -> machine.deleted(part.number()));
            case BatchAction.Wait(OptionalLong until) -> {
                if (until.isEmpty() || until.getAsLong() - now <= 0) {
                    throw new AssertionError("a wait that has no end or is over: " + until);
                }
                now = until.getAsLong();
            }
            case BatchAction.Finished finished -> {}
        }
    }

    final Map<Integer, String> uploads = new TreeMap<>();

    /** What happens at the provider, and what of it is heard. */
    private void answer(BatchMachine machine, Part part, boolean deaf, Runnable happens, Runnable heard) {
        if (now - outageFrom >= 0 && now - outageFrom - outageNanos < 0) {
            if (triesInOutage++ == 0) {
                happens.run();
                fault(machine, part, deaf, Verdict.Fault.CONNECTION_LOST);
            } else {
                fault(machine, part, deaf, Verdict.Fault.CONNECT_FAILED);
            }
            return;
        }
        double fate = random.nextDouble();
        if (fate < faults) {
            fault(machine, part, deaf, Verdict.Fault.SERVER_ERROR);
            return;
        }
        happens.run();
        if (fate < faults + lostAnswers) {
            fault(machine, part, deaf, Verdict.Fault.CONNECTION_LOST);
        } else {
            tell(deaf, heard);
        }
    }

    private void fault(BatchMachine machine, Part part, boolean deaf, Verdict.Fault fault) {
        tell(
                deaf,
                () -> machine.failed(part.number(), new Verdict.Transient(fault, Optional.empty(), fault.name()), now));
    }

    private static void tell(boolean deaf, Runnable news) {
        if (!deaf) {
            news.run();
        }
    }

    Remote remote(String id) {
        Remote remote = batches.get(id);
        if (remote == null) {
            throw new AssertionError("there is no batch " + id);
        }
        return remote;
    }

    /** As the driver does: a batch of the part that the job has not known. */
    private Optional<String> unknownBatch(Part part) {
        return batches.entrySet().stream()
                .filter(entry -> entry.getValue().part == part.number()
                        && !known.getOrDefault(part.number(), List.of()).contains(entry.getKey()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private final Map<Integer, List<String>> known = new TreeMap<>();

    private void advance() {
        long enqueued = 0;
        for (Remote remote : batches.values()) {
            if (remote.status == BatchStatus.VALIDATING) {
                if (remote.tokens > queueLimit - enqueued) {
                    remote.status = BatchStatus.FAILED;
                    remote.errors = List.of(new BatchObject.Problem(
                            "token_limit_exceeded",
                            "Enqueued token limit reached. Limit: " + queueLimit + " enqueued tokens.",
                            OptionalLong.empty()));
                } else {
                    remote.status = BatchStatus.IN_PROGRESS;
                }
            } else if (remote.status == BatchStatus.IN_PROGRESS && now - remote.createdAt >= batchNanos) {
                remote.status = BatchStatus.COMPLETED;
            }
            enqueued += remote.status.isLast() ? 0 : remote.tokens;
        }
    }

    BatchObject object(String id) {
        Remote remote = remote(id);
        return new BatchObject(
                id,
                remote.status,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                remote.errors,
                0,
                0,
                0,
                Optional.empty(),
                Map.of(),
                0,
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    @Override
    public void moved(Part part, String detail) {
        disk.put(part.number(), part);
        if (!part.batchId().isEmpty()) {
            known.computeIfAbsent(part.number(), number -> new ArrayList<>()).add(part.batchId());
        }
    }

    @Override
    public void counted(Part part) {
        disk.put(part.number(), part);
    }

    @Override
    public void learned(String family, long tokens) {
        learned.put(family, tokens);
    }

    long count(String action) {
        return log.stream().filter(action::equals).count();
    }
}
