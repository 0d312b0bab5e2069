package dev.penstock.springai;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What {@code ArchitectureTest} holds for the modules of the command; this one is not among what the command is built
 * with, so that it need not be fetched for it.
 */
final class RulesOfDesignTest {
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.penstock.springai");

    @Test
    void nothingOfTheServersIsNeeded() {
        assertThat(ALL.contain(PenstockOpenAiModels.class)).isTrue();
        noClasses()
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
    }

    @Test
    void nobodyReadsClocksDrawsWaitsOrPrints() {
        noClasses().should().dependOnClassesThat().areAssignableTo(Random.class).check(ALL);
        noClasses()
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(ALL);
    }
}
