package io.loomring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the code to its structure: who may depend on whom, and the house rules that a reader of text can check. */
@RunsOnce(RunsOnce.NO_DRIVER)
class ArchitectureTest {

    private static final String ROOT = "io.loomring.";

    private static final Set<String> ALL =
            Set.of("diagnosis", "event", "api", "poller", "ready", "op", "fd", "ring", "sys", "buffer", "error");

    /** What each package of core may depend on, besides itself and libraries. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            entry("sys", Set.of()),
            entry("event", Set.of("sys")),
            entry("error", Set.of("sys")),
            entry("ring", Set.of("sys", "error")),
            entry("buffer", Set.of("sys", "error")),
            entry("op", Set.of("event", "buffer", "ring", "error")),
            entry("fd", Set.of("event", "op", "ring", "sys", "error", "buffer")),
            entry("poller", Set.of("event", "op", "fd", "ring", "sys", "buffer", "error")),
            entry("ready", Set.of("op", "fd", "ring", "sys", "buffer", "error")),
            entry("api", Set.of("event", "poller", "ready", "op", "fd", "ring", "sys", "buffer", "error")),
            entry("diagnosis", ALL));

    @Nested
    @DisplayName("In core")
    class Dependencies {

        private static final JavaClasses CORE = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.loomring");

        static Stream<String> packages() {
            return MAY_USE.keySet().stream().sorted();
        }

        @ParameterizedTest(name = "{0} depends only on what lies below it")
        @MethodSource("packages")
        void aPackageDependsOnlyOnWhatLiesBelowIt(String name) {
            String[] allowed = Stream.concat(Stream.of(name), MAY_USE.get(name).stream())
                    .map(allowedName -> ROOT + allowedName + "..")
                    .toArray(String[]::new);
            classes()
                    .that()
                    .resideInAPackage(ROOT + name + "..")
                    .should()
                    .onlyDependOnClassesThat(oursOutside(allowed).negate())
                    .as(name + " depends on nothing of ours but " + Arrays.toString(allowed))
                    .allowEmptyShould(true)
                    .check(CORE);
        }

        @Test
        void everyClassIsInAPackageThatTheTableKnows() {
            classes()
                    .should()
                    .resideInAnyPackage(ALL.stream().map(name -> ROOT + name + "..").toArray(String[]::new))
                    .allowEmptyShould(true)
                    .check(CORE);
        }

        @Test
        void onlySysKnowsJna() {
            noClasses()
                    .that()
                    .resideOutsideOfPackage(ROOT + "sys..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("com.sun.jna..")
                    .allowEmptyShould(true)
                    .check(CORE);
        }

        private static DescribedPredicate<JavaClass> oursOutside(String... allowed) {
            return JavaClass.Predicates.resideInAPackage(ROOT + ".")
                    .and(JavaClass.Predicates.resideOutsideOfPackages(allowed))
                    .as("ours outside of " + Arrays.toString(allowed));
        }
    }

    /** The patterns are written so that they do not find themselves in this file. */
    @Nested
    @DisplayName("In the sources")
    class HouseRules {

        private static final int MAX_LINES = 700;

        private static final Path TOP = top();

        @Test
        void theLibraryWritesToNoStandardStream() {
            assertNowhere("\\bSystem\\.(?:out|err)\\b", code(sources("main", "core", "facade")));
        }

        @Test
        void noTestSleeps() {
            assertNowhere(
                    "\\.sleep\\s*\\(",
                    code(sources("test", "core", "facade", "samples", "interleavings", "interop", "benchmarks")));
        }

        @Test
        void noTestIsLeftOut() {
            assertNowhere(
                    "@Dis[a]bled\\w*|\\bAssum[p]tions\\b|\\bassume(?:True|False|That)\\w*\\s*\\(",
                    code(sources("test", "core", "facade", "samples", "interleavings", "interop", "benchmarks")));
        }

        @Test
        void nothingIsMarkedAsUnfinished() {
            assertNowhere("\\b(?:TO[D]O|FIX[M]E)\\b", lines(everything()));
        }

        @Test
        void noLineHasATab() {
            assertNowhere("\\t", lines(everything()));
        }

        @Test
        void noFileIsTooLong() {
            List<String> tooLong = sources("main", "core", "facade", "samples", "benchmarks").stream()
                    .filter(file -> read(file).size() > MAX_LINES)
                    .map(file -> TOP.relativize(file) + ": " + read(file).size() + " lines")
                    .toList();
            assertEquals(List.of(), tooLong, "files of more than " + MAX_LINES + " lines");
        }

        private record Line(Path file, int number, String text) {}

        private static void assertNowhere(String pattern, List<Line> lines) {
            Predicate<String> matches = Pattern.compile(pattern).asPredicate();
            List<String> found = lines.stream()
                    .filter(line -> matches.test(line.text))
                    .map(line -> TOP.relativize(line.file) + ":" + line.number + ": " + line.text.strip())
                    .toList();
            assertTrue(found.isEmpty(), () -> found.size() + " lines match " + pattern + ":\n" + String.join("\n", found));
        }

        private static List<Path> everything() {
            List<Path> files = new ArrayList<>();
            for (String kind : List.of("main", "test")) {
                files.addAll(sources(kind, "core", "facade", "samples", "interleavings", "interop", "benchmarks"));
            }
            return files;
        }

        private static List<Path> sources(String kind, String... modules) {
            return Stream.of(modules)
                    .map(module -> TOP.resolve(module).resolve("src").resolve(kind))
                    .filter(Files::isDirectory)
                    .flatMap(HouseRules::javaFiles)
                    .toList();
        }

        private static Stream<Path> javaFiles(Path directory) {
            try (Stream<Path> files = Files.walk(directory)) {
                return files.filter(file -> file.toString().endsWith(".java")).sorted().toList().stream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static List<Line> lines(List<Path> files) {
            List<Line> lines = new ArrayList<>();
            for (Path file : files) {
                List<String> texts = read(file);
                for (int i = 0; i < texts.size(); i++) {
                    lines.add(new Line(file, i + 1, texts.get(i)));
                }
            }
            return lines;
        }

        /** Leaves out lines that hold nothing but a comment: prose may name what code may not use. */
        private static List<Line> code(List<Path> files) {
            return lines(files).stream()
                    .filter(line -> !line.text.strip().matches("(?:\\*|//|/\\*).*"))
                    .toList();
        }

        private static List<String> read(Path file) {
            try {
                return Files.readAllLines(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The directory above the modules, from the module's directory or from one above or below it. */
        private static Path top() {
            Path start = Path.of(System.getProperty("basedir", System.getProperty("user.dir"))).toAbsolutePath();
            for (Path directory = start; directory != null; directory = directory.getParent()) {
                if (Files.isDirectory(directory.resolve("core/src")) && Files.isRegularFile(directory.resolve("pom.xml"))) {
                    return directory;
                }
            }
            throw new IllegalStateException("no core/src above " + start);
        }
    }
}
