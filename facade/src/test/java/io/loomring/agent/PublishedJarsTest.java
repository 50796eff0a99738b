package io.loomring.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jars that are handed out, as the build made them. */
@Tag("packaged")
class PublishedJarsTest {
  /** A jar of core or of the facade, beside the agent's. */
  private static Path jar(String module, String kind) {
    String name = AgentJar.path().getFileName().toString().replace("-facade-", "-" + module + "-").replace("-agent", kind);
    Path jar = AgentJar.path().resolve("../../../" + module + "/target").normalize().resolve(name);
    assertTrue(Files.isRegularFile(jar), () -> "the build has not made " + jar);
    return jar;
  }

  private static Set<String> names(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.stream().map(ZipEntry::getName).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static String text(Path jar, String name) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      ZipEntry entry = file.getEntry(name);
      assertTrue(entry != null, () -> jar + " has no " + name);
      return new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource({
      "core, '', io.loomring.core", "core, -tests, io.loomring.core.tests", "facade, '', io.loomring.facade",
      "facade, -agent, io.loomring.agent"
  })
  void eachIsAModuleOfItsOwnName(String module, String kind, String name) {
    List<ModuleDescriptor> found =
        ModuleFinder.of(jar(module, kind)).findAll().stream().map(reference -> reference.descriptor()).toList();
    assertEquals(List.of(name), found.stream().map(ModuleDescriptor::name).toList());
    assertTrue(found.getFirst().isAutomatic());
  }

  @ParameterizedTest
  @CsvSource({"core, ''", "core, -sources", "facade, ''", "facade, -sources"})
  void theyHaveTheLicenceAndTheNotice(String module, String kind) throws IOException {
    for (String name : List.of("LICENSE", "NOTICE")) {
      assertEquals(Files.readString(Path.of("..", name)), text(jar(module, kind), "META-INF/" + name));
    }
  }

  @Test
  void theAgentsHasTheLicencesOfWhatItHolds() throws IOException {
    Path agent = jar("facade", "-agent");
    assertEquals(Files.readString(Path.of("..", "LICENSE")), text(agent, "META-INF/LICENSE"));
    String notice = text(agent, "META-INF/NOTICE");
    assertTrue(notice.startsWith(Files.readString(Path.of("..", "NOTICE"))), notice);
    assertTrue(notice.contains("JNA") && notice.contains("libffi"), notice);
    assertTrue(text(agent, "META-INF/loomring/META-INF/LICENSE").contains("Java Native Access"));
    assertTrue(text(agent, "META-INF/loomring/META-INF/AL2.0").contains("Apache License"));
    assertTrue(text(agent, "META-INF/loomring/META-INF/LGPL2.1").contains("LESSER GENERAL PUBLIC"));
    Set<String> others = names(agent).stream()
        .filter(name -> name.endsWith(".class") && !name.matches("(META-INF/loomring/)?io/loomring/.*"))
        .filter(name -> !name.startsWith("META-INF/loomring/com/sun/jna/"))
        .collect(Collectors.toSet());
    assertEquals(Set.of(), others, "of which no notice speaks");
  }

  @Test
  void theAgentIsInItsOwnJarAlone() throws IOException {
    assertFalse(names(jar("facade", "")).stream().anyMatch(name -> name.startsWith("io/loomring/agent/")));
    assertTrue(names(jar("facade", "-agent")).contains("io/loomring/agent/LoomringAgent.class"));
  }

  @ParameterizedTest
  @CsvSource({"core", "facade"})
  void everyClassHasItsSourceAndEveryPackageItsJavadoc(String module) throws IOException {
    Set<String> classes = names(jar(module, ""));
    Set<String> sources = names(jar(module, "-sources"));
    Set<String> missing = classes.stream()
        .filter(name -> name.endsWith(".class"))
        .map(name -> name.replaceFirst("(\\$.*)?\\.class$", ".java"))
        .filter(name -> !sources.contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
    // Classes beside the one that a file is named after.
    missing.removeIf(name -> !Files.exists(Path.of("..", module, "src", "main", "java").resolve(name)));
    assertEquals(Set.of(), missing);
    Set<String> pages = names(jar(module, "-javadoc"));
    assertTrue(pages.contains("index.html"), pages::toString);
    Set<String> packages = classes.stream()
        .filter(name -> name.endsWith("/package-info.class"))
        .map(name -> name.replace("package-info.class", "package-summary.html"))
        .filter(name -> pages.stream().noneMatch(page -> page.endsWith("/" + name)))
        .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), packages);
  }
}
