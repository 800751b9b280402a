package dev.millrace.server.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The arrows of the house: which room may use which. (The modules' POMs say the same more coarsely.) */
class HouseTest {
    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("dev.millrace");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            core     |
            protocol |
            grpc     | protocol
            engine   | core, protocol
            client   | protocol, grpc
            agents   | core, engine, client, protocol
            langchain4j | engine, agents, protocol
            files    | core
            server   | core, protocol, grpc, engine, client, agents, files
            """)
    void a_module_uses_only_what_stands_below_it(String module, String below) {
        String[] allowed = Stream.concat(
                        Stream.of(module),
                        below == null
                                ? Stream.of()
                                : Arrays.stream(below.split(",")).map(String::strip))
                .map(name -> "dev.millrace." + name + "..")
                .toArray(String[]::new);
        hold(noClasses()
                .that(resideInAPackage("dev.millrace." + module + ".."))
                .should()
                .dependOnClassesThat(resideInAPackage("dev.millrace..").and(resideOutsideOfPackages(allowed))));
    }

    @Test
    void core_uses_the_jdk_alone() {
        hold(classes()
                .that()
                .resideInAPackage("dev.millrace.core..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.millrace.core..", "java..", "org.jspecify.annotations.."));
    }

    @Test
    void the_edge_alone_uses_the_http_server_and_knows_no_room_above_it() {
        hold(noClasses()
                .that(resideOutsideOfPackages("dev.millrace.server.http.."))
                .should()
                .dependOnClassesThat(resideInAPackage("org.eclipse.jetty..")));
        hold(noClasses()
                .that()
                .resideInAPackage("dev.millrace.server.http..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.millrace..")
                        .and(resideOutsideOfPackages("dev.millrace.server.http..", "dev.millrace.core.."))));
    }

    @Test
    void the_rooms_of_the_server_are_built_without_knowing_the_assembly_or_the_command_line() {
        hold(noClasses()
                .that()
                .resideInAPackage(
                        "dev.millrace.server.(a2a|auth|chat|config|files|http|metrics|openai|page|push|tracing)..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.millrace.server", "dev.millrace.server.cli.."));
    }

    @Test
    void one_room_knows_who_records_traces() {
        hold(noClasses()
                .that(resideOutsideOfPackages("dev.millrace.server.tracing.."))
                .should()
                .dependOnClassesThat(resideInAPackage("io.opentelemetry..")));
    }

    @Test
    void the_protocols_of_the_server_do_not_use_each_other() {
        hold(SlicesRuleDefinition.slices()
                .matching("dev.millrace.server.(a2a|chat|files|openai|page)..")
                .should()
                .notDependOnEachOther());
    }

    @Test
    void stores_know_no_rules() {
        Set<String> words = Set.of("Context", "Event", "Page", "TaskQuery", "Sent");
        hold(noClasses()
                .that()
                .resideInAPackage("dev.millrace.engine.store..")
                .should()
                .dependOnClassesThat(
                        new DescribedPredicate<JavaClass>("are the engine's own, other than its plain data") {
                            @Override
                            public boolean test(JavaClass type) {
                                return type.getPackageName().equals("dev.millrace.engine")
                                        && !words.contains(top(type))
                                        && !type.isRecord();
                            }
                        }));
    }

    private static String top(JavaClass type) {
        JavaClass outer = type;
        while (outer.getEnclosingClass().isPresent()) {
            outer = outer.getEnclosingClass().get();
        }
        return outer.getSimpleName();
    }

    @Test
    void the_stores_do_not_use_each_other() {
        hold(SlicesRuleDefinition.slices()
                .matching("dev.millrace.engine.store.(memory|sqlite)..")
                .should()
                .notDependOnEachOther());
    }

    @Test
    void a_class_is_named_after_what_it_is() {
        hold(noClasses()
                .should()
                .haveNameMatching(".*(Impl|Manager|Helper|Helpers|Util|Utils)(\\$.*)?")
                .orShould()
                .haveSimpleNameStartingWith("Abstract"));
    }

    @Test
    void every_package_says_what_it_is_for() {
        assertThat(HOUSE.stream()
                        .map(JavaClass::getPackage)
                        .distinct()
                        .filter(room -> room.tryGetPackageInfo().isEmpty())
                        .map(room -> room.getName()))
                .isEmpty();
    }

    @Test
    void nothing_prints_but_the_command_line() {
        hold(noClasses()
                .that(resideOutsideOfPackages("dev.millrace.server.cli.."))
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err"));
    }

    private static void hold(ArchRule rule) {
        rule.check(HOUSE);
    }
}
