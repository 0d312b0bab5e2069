package dev.penstock.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The rules of design that a compiler does not hold. */
class ArchitectureTest {
    private static final String[] CORE = {
        "dev.penstock.concurrency",
        "dev.penstock.limit",
        "dev.penstock.queue",
        "dev.penstock.quota",
        "dev.penstock.retry",
        "dev.penstock.time",
        "dev.penstock.verdict"
    };

    /** Who may ask what time it is, draw random numbers or wait; all others are told. */
    private static final Set<String> DRIVERS = Set.of("dev.penstock.time.Ticker", "dev.penstock.retry.SystemRandom");

    private static final Set<String> CLOCKS_AND_CHANCE = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.time.Instant.now",
            "java.time.LocalDate.now",
            "java.time.LocalDateTime.now",
            "java.time.ZonedDateTime.now",
            "java.time.OffsetDateTime.now",
            "java.time.Clock.systemUTC",
            "java.time.Clock.systemDefaultZone",
            "java.time.Clock.system",
            "java.lang.Thread.sleep",
            "java.lang.Math.random",
            "java.util.concurrent.ThreadLocalRandom.current",
            "java.util.UUID.randomUUID");

    private static final String[] PUBLIC_TYPES_OF_CORE = {
        "concurrency.Aimd",
        "concurrency.ConcurrencyAlgorithm",
        "concurrency.CubicRate",
        "concurrency.Partitions",
        "concurrency.Permit",
        "concurrency.Permits",
        "concurrency.Vegas",
        "limit.Cost",
        "limit.Dimension",
        "limit.Limit",
        "limit.LimitExceeded",
        "limit.LimitState",
        "limit.Scope",
        "limit.ShownReset",
        "limit.Unit",
        "queue.Arrival",
        "queue.FairQueue",
        "queue.Priority",
        "queue.QueueBounds",
        "queue.Waiting",
        "quota.Admission",
        "quota.BlockedBy",
        "quota.HiddenLimits",
        "quota.LimitSource",
        "quota.Quota",
        "quota.QuotaSettings",
        "quota.QuotaSnapshot",
        "quota.RecentUse",
        "quota.Reservation",
        "quota.Settlement",
        "retry.Attempt",
        "retry.Backoff",
        "retry.ClientThrottle",
        "retry.ConnectionWatch",
        "retry.FailureThrottle",
        "retry.Judgement",
        "retry.Outcome",
        "retry.Retry",
        "retry.RetryBudget",
        "retry.RetryDecision",
        "retry.RetryEvent",
        "retry.RetryExhaustedException",
        "retry.RetryLog",
        "retry.RetryLoop",
        "retry.RetryMachine",
        "retry.RetryPolicy",
        "retry.RetryReport",
        "retry.RetryState",
        "retry.RetryStatistics",
        "retry.SharedGate",
        "retry.Stop",
        "retry.TryAgainException",
        "retry.Wait",
        "retry.When",
        "time.CancelSignal",
        "time.Deadline",
        "time.Ticker",
        "time.TimeSource",
        "time.VirtualTime",
        "verdict.Verdict"
    };

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.penstock");

    @Test
    void theRulesSeeTheClassesOfEveryModule() {
        for (String type : Set.of(
                "dev.penstock.quota.Quota",
                "dev.penstock.wire.VerdictReader",
                "dev.penstock.pacing.Penstock",
                "dev.penstock.openai.PenstockOpenAI",
                "dev.penstock.diagnosis.LogScanner",
                "dev.penstock.http.UpstreamConnections",
                "dev.penstock.emulator.Twin",
                "dev.penstock.simulator.Simulation",
                "dev.penstock.jobs.Dispatcher",
                "dev.penstock.gateway.RequestDispatcher",
                "dev.penstock.cli.Main")) {
            assertThat(ALL.contain(type)).as(type).isTrue();
        }
    }

    @Test
    void theCoreNeedsNothingButTheJdk() {
        classes()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(CORE).or(resideInAnyPackage("java..", "org.jspecify.annotations")))
                .check(ALL);
    }

    @Test
    void theWireNeedsNoServer() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.wire..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.vertx..", "io.netty..", "java.net.http..")
                .check(ALL);
    }

    @Test
    void modulesDependOnWhatIsBelowThem() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.wire..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.pacing..",
                        "dev.penstock.openai..",
                        "dev.penstock.diagnosis..",
                        "dev.penstock.http..",
                        "dev.penstock.emulator..",
                        "dev.penstock.simulator..",
                        "dev.penstock.jobs..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.diagnosis..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.http..",
                        "dev.penstock.emulator..",
                        "dev.penstock.simulator..",
                        "dev.penstock.jobs..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..",
                        "io.vertx..")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.http..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.wire..",
                        "dev.penstock.emulator..",
                        "dev.penstock.simulator..",
                        "dev.penstock.jobs..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.emulator..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.simulator..",
                        "dev.penstock.jobs..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..")
                .check(ALL);
        // Of the emulator the simulator takes the limiters and what describes them, and nothing that has a socket.
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.simulator..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.diagnosis..",
                        "dev.penstock.http..",
                        "dev.penstock.jobs..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..",
                        "io.vertx..")
                .check(ALL);
        // Runner and gateway may not know the twin, or they would pass by knowing the answers.
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.jobs..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.emulator..",
                        "dev.penstock.simulator..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.gateway..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.emulator..",
                        "dev.penstock.simulator..",
                        "dev.penstock.jobs..",
                        "dev.penstock.cli..")
                .check(ALL);
    }

    /** Whoever adds a line to an application gets none of the servers with it. */
    @Test
    void theLibraryNeedsNoServer() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.penstock.pacing..", "dev.penstock.openai..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.penstock.diagnosis..",
                        "dev.penstock.http..",
                        "dev.penstock.emulator..",
                        "dev.penstock.jobs..",
                        "dev.penstock.gateway..",
                        "dev.penstock.cli..",
                        "io.vertx..",
                        "io.netty..")
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.pacing..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.openai..", "com.openai..")
                .check(ALL);
        // Micrometer is there only where the application has it.
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.pacing..")
                .and()
                .haveNameNotMatching("dev\\.penstock\\.pacing\\.PenstockMetrics.*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.micrometer..")
                .check(ALL);
    }

    @Test
    void theTwinDoesNotShareTheDecisionsThatItJudges() {
        noClasses()
                .that()
                .resideInAPackage("dev.penstock.emulator..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.penstock.quota..", "dev.penstock.retry..", "dev.penstock.concurrency..")
                .check(ALL);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.penstock.(*)..").should().beFreeOfCycles().check(ALL);
        slices().matching("dev.penstock.(**)").should().beFreeOfCycles().check(ALL);
    }

    @Test
    void nobodyButTheDriversReadsClocksDrawsOrWaits() {
        noClasses()
                .that(not(namedAmong(DRIVERS)))
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("the target is a clock, chance or a wait") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        return CLOCKS_AND_CHANCE.contains(
                                access.getTargetOwner().getName() + "." + access.getName());
                    }
                })
                .check(ALL);
        noClasses()
                .should()
                .dependOnClassesThat(belongToAnyOf(java.util.Random.class, java.util.Timer.class))
                .check(ALL);
    }

    @Test
    void everyDriverNamedHereExists() {
        assertThat(DRIVERS).allMatch(ALL::contain);
    }

    @Test
    void onlyTheCommandTouchesStandardStreams() {
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.penstock\\.cli\\.Main")
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("the target is a standard stream") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        return access.getTargetOwner().isEquivalentTo(System.class)
                                && Set.of("out", "err", "in").contains(access.getName());
                    }
                })
                .check(ALL);
        noClasses().should().callMethod(Throwable.class, "printStackTrace").check(ALL);
    }

    @Test
    void workRunsOnThreadsThatSomebodyOwns() {
        noClasses()
                .should()
                .callMethod(java.util.concurrent.ForkJoinPool.class, "commonPool")
                .orShould()
                .callMethod(java.util.Collection.class, "parallelStream")
                .check(ALL);
    }

    @Test
    void exceptionsAreNamedSo() {
        classes()
                .that()
                .areTopLevelClasses()
                .and()
                .areAssignableTo(Throwable.class)
                .should()
                .haveSimpleNameEndingWith("Exception")
                .check(ALL);
    }

    /** Each public type of the core is a promise. Adding one is fine, and a change to this list that somebody sees. */
    @Test
    void thePublicTypesOfTheCoreAreTheseAndNoOthers() {
        Set<String> found = new TreeSet<>();
        for (JavaClass type : ALL.that(resideInAnyPackage(CORE))) {
            if (type.getModifiers().contains(JavaModifier.PUBLIC) && type.isTopLevelClass()) {
                found.add(type.getPackageName().substring("dev.penstock.".length()) + "." + type.getSimpleName());
            }
        }
        found.remove("package-info");
        assertThat(found).as("public types of penstock-core").containsExactlyInAnyOrder(PUBLIC_TYPES_OF_CORE);
    }

    private static DescribedPredicate<JavaClass> namedAmong(Set<String> names) {
        return DescribedPredicate.describe(
                "named among " + names,
                type -> names.contains(type.getName())
                        || type.getEnclosingClass()
                                .filter(outer -> names.contains(outer.getName()))
                                .isPresent());
    }
}
