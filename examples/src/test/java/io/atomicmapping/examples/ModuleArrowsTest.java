package io.atomicmapping.examples;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Linker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The arrows between the modules, asserted here because this module is the one that sees all the others. */
class ModuleArrowsTest {

    /**
     * A module, and the fewest classes that it must be seen with, lest a rule hold because nothing was
     * looked at.
     */
    private enum Module {
        JOURNAL(20, "io.atomicmapping.storage..", "io.atomicmapping.journal.."),
        RECOVERY(10, "io.atomicmapping.recovery.."),
        CORE(20, "io.atomicmapping", "io.atomicmapping.adoption..", "io.atomicmapping.dirty..",
                "io.atomicmapping.writeback.."),
        CRASH_TEST(3, "io.atomicmapping.crash.."),
        EXAMPLES(10, "io.atomicmapping.examples..");

        private final int fewestClasses;
        private final String[] packages;

        Module(int fewestClasses, String... packages) {
            this.fewestClasses = fewestClasses;
            this.packages = packages;
        }
    }

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.atomicmapping");

    @Test
    void eachModuleIsSeenAndEachClassHasOne() {
        int seen = 0;
        List<String> tooFew = new ArrayList<>();
        for (Module module : Module.values()) {
            int count = count(module);
            System.out.println("classes seen: module=" + module + ", count=" + count);
            seen += count;
            if (count < module.fewestClasses) {
                tooFew.add("module=" + module + ", seen=" + count + ", fewest=" + module.fewestClasses);
            }
        }
        assertTrue(tooFew.isEmpty(), tooFew::toString);
        assertEquals(CLASSES.size(), seen, "classes outside the modules' packages");
    }

    @Test
    void arrowsPointOneWay() {
        var layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (Module module : Module.values()) {
            layers = layers.layer(module.name()).definedBy(module.packages);
        }
        layers.whereLayer("EXAMPLES").mayNotBeAccessedByAnyLayer()
                .whereLayer("CRASH_TEST").mayNotBeAccessedByAnyLayer()
                .whereLayer("CORE").mayOnlyBeAccessedByLayers("EXAMPLES", "CRASH_TEST")
                .whereLayer("RECOVERY").mayOnlyBeAccessedByLayers("CORE", "CRASH_TEST")
                .whereLayer("JOURNAL").mayOnlyBeAccessedByLayers("RECOVERY", "CORE", "CRASH_TEST", "EXAMPLES")
                .check(CLASSES);
    }

    @Test
    void nativeCallsAreMadeInOnePackage() {
        noClasses().that().resideOutsideOfPackage("io.atomicmapping.storage.linux")
                .should().dependOnClassesThat().areAssignableTo(Linker.class).check(CLASSES);
    }

    @Test
    void nobodyUsesUnsafe() {
        noClasses().should().dependOnClassesThat().haveSimpleName("Unsafe").check(CLASSES);
    }

    private static int count(Module module) {
        int count = 0;
        for (JavaClass each : CLASSES) {
            if (resideInAnyPackage(module.packages).test(each)) {
                count++;
            }
        }
        return count;
    }
}
