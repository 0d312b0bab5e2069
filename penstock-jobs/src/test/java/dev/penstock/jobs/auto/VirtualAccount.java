package dev.penstock.jobs.auto;

import dev.penstock.jobs.auto.PartState.Stage;
import dev.penstock.jobs.batch.Admission;
import dev.penstock.jobs.batch.BatchAction;
import dev.penstock.jobs.batch.BatchMachine;
import dev.penstock.jobs.batch.CreationPace;
import dev.penstock.jobs.batch.MachineSettings;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartBudget;
import dev.penstock.jobs.batch.PartCost;
import dev.penstock.jobs.batch.PartJournal;
import dev.penstock.jobs.batch.PartKey;
import dev.penstock.jobs.batch.PartPhase;
import dev.penstock.jobs.batch.PartSize;
import dev.penstock.jobs.batch.PollPace;
import dev.penstock.jobs.batch.TokenQueue;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.BatchStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A job between batches and live calls in virtual time: the real machine and the real steering, batches whose rows get done
 * evenly, and live calls as a flow. Rows are only counted.
 */
final class VirtualAccount implements PartJournal {
    private static final double SECOND = 1e9;
    private static final PartKey KEY = new PartKey("m", "/v1/responses");
    private static final Duration ACTION = Duration.ofMillis(200);
    private static final Duration VALIDATING = Duration.ofSeconds(3);
    private static final Admission NOTHING_NEW = new Admission() {
        @Override
        public long mostPartRows() {
            return 0;
        }

        @Override
        public boolean mayCreate(Part part) {
            return false;
        }
    };
    private static final long MOST_STEPS = 2_000_000;

    /**
     * What happens in the world.
     *
     * @param queueRows rows that may be enqueued
     * @param requestsPerMinute of live calls
     * @param liveShare of the quota that live calls really get, as others use the rest
     * @param batchTimes how long batches take that are created at a time or later, until the next such time
     * @param cancels how long a cancel takes
     */
    record World(
            long rows,
            long queueRows,
            long requestsPerMinute,
            double liveShare,
            NavigableMap<Duration, Duration> batchTimes,
            Duration cancels) {}

    /** A batch at the provider. */
    private static final class Remote {
        final Part part;
        final long createdAt;
        final long takes;
        long cancelAt = Long.MAX_VALUE;

        Remote(Part part, long createdAt, long takes) {
            this.part = part;
            this.createdAt = createdAt;
            this.takes = takes;
        }
    }

    private final World world;
    private final Optional<Steering> steering;
    private final Optional<Script> script;
    private final BatchHistory history;
    private final SequencedMap<String, Remote> batches = new LinkedHashMap<>();
    private final BatchMachine machine;
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    private long now;
    private long free;
    private double live;
    private double answeredLive;
    private long answeredInBatches;
    private int nextPart = 1;
    private long nextDecision;
    private boolean lastWasLive;

    /** How it ended. */
    record End(Duration took, double live, double inBatches, int batches) {
        /** In prices of a live row. */
        double cost() {
            return live + inBatches / 2;
        }
    }

    /**
     * What somebody does who knows everything beforehand.
     *
     * @param liveRows that go live from the first moment
     * @param partRows of each part
     * @param cancelAt when all that runs is cancelled, and all rows go live
     */
    record Script(long liveRows, long partRows, Duration cancelAt) {}

    VirtualAccount(World world, Script script) {
        this(world, Optional.empty(), Optional.of(script), BatchHistory.NONE);
        this.free -= script.liveRows();
        this.live += script.liveRows();
    }

    VirtualAccount(World world, Steering steering, BatchHistory history) {
        this(world, Optional.of(steering), Optional.empty(), history);
    }

    private VirtualAccount(World world, Optional<Steering> steering, Optional<Script> script, BatchHistory history) {
        this.world = world;
        this.steering = steering;
        this.script = script;
        this.history = history;
        this.free = world.rows();
        this.machine = new BatchMachine(
                MachineSettings.DEFAULT.withPolls(steering.map(Steering::polls).orElse(PollPace.DEFAULT)),
                List.of(),
                new TokenQueue(Map.of("m", world.queueRows())),
                new CreationPace(2_000, List.of()),
                PartBudget.NONE,
                this,
                random,
                now);
        steering.ifPresent(by -> machine.admit(new Admission() {
            @Override
            public long mostPartRows() {
                return by.mostPartRows(family(), left(by));
            }

            @Override
            public boolean mayCreate(Part part) {
                return by.mayCreate(family(), part.size().rows(), left(by));
            }
        }));
    }

    LiveCapacity capacity() {
        return new LiveCapacity(
                List.of(LiveCapacity.Allowance.untouched(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, world.requestsPerMinute()))),
                1,
                10_000);
    }

    private Duration left(Steering by) {
        return by.deadline().minus(Duration.ofNanos(now));
    }

    /** Runs until every row is answered, or for a time. */
    End run(Duration longest) {
        long end = longest.toNanos();
        for (long step = 0; step < MOST_STEPS; step++) {
            if (open() < 0.5 || now >= end) {
                Duration tail = lastWasLive ? steering.map(Steering::tail).orElse(Duration.ZERO) : Duration.ZERO;
                return new End(Duration.ofNanos(now).plus(tail), answeredLive, answeredInBatches, batches.size());
            }
            if (steering.isPresent() && now >= nextDecision) {
                steering.get().decide(family(), left(steering.get())).forEach(this::apply);
                nextDecision = now + steering.get().period().toNanos();
            }
            if (script.isPresent() && now >= script.get().cancelAt().toNanos()) {
                goLive();
            }
            BatchAction action = machine.next(now, now / 1_000_000);
            switch (action) {
                case BatchAction.Wait(OptionalLong until) -> pass(Math.min(until.orElse(end), pause(end)));
                case BatchAction.Finished finished -> pass(pause(end));
                default -> {
                    pass(now + ACTION.toNanos());
                    act(action);
                }
            }
        }
        throw new AssertionError(
                "it does not come to an end; " + open() + " rows are open after " + Duration.ofNanos(now));
    }

    private void goLive() {
        machine.admit(NOTHING_NEW);
        for (Part part : machine.parts()) {
            machine.cancel(part.number(), now);
            machine.giveUp(part.number(), now);
            if (part.phase() == PartPhase.PLANNED) {
                apply(new Move.TakeFromPart(part.number(), part.size().rows()));
            }
        }
        live += free;
        free = 0;
    }

    private long pause(long end) {
        return Math.max(now + 1, Math.min(end, steering.isPresent() ? nextDecision : now + (long) (30 * SECOND)));
    }

    private double open() {
        return world.rows() - answeredLive - answeredInBatches;
    }

    private void pass(long until) {
        double seconds = Math.max(0, until - now) / SECOND;
        double answered = Math.min(live, seconds * world.requestsPerMinute() / 60 * world.liveShare());
        live -= answered;
        answeredLive += answered;
        lastWasLive = answered > 0 || (lastWasLive && seconds == 0);
        now = Math.max(now, until);
    }

    private FamilyState family() {
        List<PartState> parts = new ArrayList<>();
        for (Part part : machine.parts()) {
            Optional<Stage> stage = switch (part.phase()) {
                case PLANNED -> Optional.of(Stage.WAITING);
                case UPLOADING, UPLOADED -> Optional.of(Stage.UPLOADED);
                case CREATING -> Optional.of(Stage.RUNNING);
                case SUBMITTED ->
                    Optional.of(part.status() == BatchStatus.CANCELLING ? Stage.CANCELLING : Stage.RUNNING);
                case ENDED, MERGED, DISSOLVED -> Optional.empty();
            };
            stage.ifPresent(at -> parts.add(new PartState(
                    part.number(),
                    at,
                    part.size().rows() - part.completed(),
                    part.completed(),
                    part.batchId().isEmpty() ? Duration.ZERO : Duration.ofNanos(now - remote(part).createdAt))));
        }
        return new FamilyState(
                "m",
                capacity(),
                free,
                (long) Math.ceil(live),
                parts,
                world.queueRows(),
                history.took(0.9, Math.min(50_000, world.queueRows())));
    }

    private Remote remote(Part part) {
        return remote(part.batchId());
    }

    private Remote remote(String id) {
        Remote remote = batches.get(id);
        if (remote == null) {
            throw new AssertionError("there is no batch " + id);
        }
        return remote;
    }

    private void apply(Move move) {
        switch (move) {
            case Move.TakeFree(String family, long rows) -> {
                free -= rows;
                live += rows;
            }
            case Move.TakeFromPart(int number, long rows) -> {
                Part part = machine.parts().stream()
                        .filter(each -> each.number() == number)
                        .findFirst()
                        .orElseThrow();
                if (rows >= part.size().rows()) {
                    machine.released(number, 0, now);
                } else {
                    long left = part.size().rows() - rows;
                    machine.resized(new PartSize(number, KEY, left, left, left, 0));
                }
                live += rows;
            }
            case Move.GiveUp(int number) -> machine.giveUp(number, now);
            case Move.Cancel(int number) -> machine.cancel(number, now);
        }
    }

    private void act(BatchAction action) {
        switch (action) {
            case BatchAction.Plan plan -> {
                long most =
                        steering.map(by -> by.mostPartRows(family(), left(by))).orElse(Long.MAX_VALUE);
                List<Part> parts = new ArrayList<>();
                while (free > 0) {
                    long rows = Math.min(Math.min(free, most), Math.min(50_000, world.queueRows()));
                    free -= rows;
                    parts.add(Part.planned(new PartSize(nextPart++, KEY, rows, rows, rows, 0)));
                }
                machine.planned(parts, false, now);
            }
            case BatchAction.Upload(Part part) -> machine.uploaded(part.number(), "file-" + part.number(), now);
            case BatchAction.Create(Part part) -> {
                String id = "batch-" + (batches.size() + 1);
                long takes = world.batchTimes()
                        .headMap(Duration.ofNanos(now), true)
                        .lastEntry()
                        .getValue()
                        .toNanos();
                batches.put(id, new Remote(part, now, takes));
                machine.created(part.number(), object(id), now);
            }
            case BatchAction.Poll(Part part) -> machine.polled(part.number(), object(part.batchId()), now);
            case BatchAction.Cancel(Part part) -> {
                Remote remote = remote(part);
                remote.cancelAt = Math.min(remote.cancelAt, now);
                machine.cancelled(part.number(), now);
            }
            case BatchAction.Merge(Part part) -> {
                Remote remote = remote(part);
                long done = (long) (part.size().rows() * share(remote));
                answeredInBatches += done;
                free += part.size().rows() - done;
                lastWasLive = false;
                machine.merged(part.number(), part.size().rows() - done, PartCost.NOTHING, now);
            }
            case BatchAction.Release(Part part, List<BatchObject.Problem> problems, boolean attempt) -> {
                free += part.size().rows();
                machine.released(part.number(), part.size().rows(), now);
            }
            case BatchAction.DeleteFile(Part part) -> machine.deleted(part.number());
            case BatchAction.FindFile find -> throw new AssertionError("nothing was lost");
            case BatchAction.FindBatch find -> throw new AssertionError("nothing was lost");
            case BatchAction.Wait wait -> throw new AssertionError("waits are not acted upon");
            case BatchAction.Finished finished -> throw new AssertionError("the end is not acted upon");
        }
    }

    /** Rows that are done, evenly over the time; none any more after a cancel. */
    private double share(Remote remote) {
        double age = Math.min(now, remote.cancelAt) - remote.createdAt - VALIDATING.toNanos();
        return Math.clamp(age / Math.max(1, remote.takes), 0, 1);
    }

    private BatchObject object(String id) {
        Remote remote = remote(id);
        BatchStatus status;
        if (share(remote) >= 1) {
            status = BatchStatus.COMPLETED;
        } else if (remote.cancelAt != Long.MAX_VALUE) {
            status =
                    now - remote.cancelAt >= world.cancels().toNanos() ? BatchStatus.CANCELLED : BatchStatus.CANCELLING;
        } else {
            status = now - remote.createdAt < VALIDATING.toNanos() ? BatchStatus.VALIDATING : BatchStatus.IN_PROGRESS;
        }
        long rows = remote.part.size().rows();
        return new BatchObject(
                id,
                status,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                rows,
                (long) (rows * share(remote)),
                0,
                Optional.empty(),
                Map.of(),
                0,
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    @Override
    public void moved(Part part, String detail) {}

    @Override
    public void counted(Part part) {}

    @Override
    public void learned(String family, long tokens) {}
}
