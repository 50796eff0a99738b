package io.loomring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** What docs/RELEASING.md says of POMs and of the changelog, so that it holds when there is a release. */
@RunsOnce(RunsOnce.NO_DRIVER)
class PublishingTest {
  private static final Path TOP = Path.of("..");
  private static final List<String> MODULES = List.of("core", "facade", "samples", "interop", "benchmarks");

  private static Document pom(String path) {
    try {
      return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(TOP.resolve(path).toFile());
    } catch (Exception e) {
      throw new AssertionError(path, e);
    }
  }

  private static List<String> all(Document pom, String path) {
    try {
      NodeList found = (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
      return IntStream.range(0, found.getLength()).mapToObj(i -> found.item(i).getTextContent().strip()).toList();
    } catch (XPathExpressionException e) {
      throw new AssertionError(path, e);
    }
  }

  private static String one(Document pom, String path) {
    List<String> found = all(pom, path);
    assertEquals(1, found.size(), () -> path + ": " + found);
    return found.getFirst();
  }

  private static Stream<String> poms() {
    return Stream.concat(Stream.of("pom.xml", "bom/pom.xml"), MODULES.stream().map(module -> module + "/pom.xml"));
  }

  @Test
  void everyPomIsOfTheSameVersion() {
    String version = one(pom("pom.xml"), "/project/version");
    assertEquals(version, one(pom("bom/pom.xml"), "/project/version"));
    for (String module : MODULES) {
      assertEquals(version, one(pom(module + "/pom.xml"), "/project/parent/version"), module);
    }
  }

  @Test
  void theBomHasWhatIsPublished() {
    Set<String> published = new TreeSet<>();
    for (String module : MODULES) {
      if (!all(pom(module + "/pom.xml"), "/project/properties/maven.deploy.skip").contains("true")) {
        published.add(one(pom(module + "/pom.xml"), "/project/artifactId"));
      }
    }
    String managed = "/project/dependencyManagement/dependencies/dependency";
    Document bom = pom("bom/pom.xml");
    assertEquals(published, new TreeSet<>(all(bom, managed + "/artifactId")));
    assertEquals(Set.of("${project.version}"), new HashSet<>(all(bom, managed + "/version")));
    assertEquals(List.of(), all(bom, "/project/parent"), "it would bring the versions of others along");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pom.xml", "bom/pom.xml"})
  void whatMavenCentralAsksForIsThere(String path) {
    Document pom = pom(path);
    for (String element : List.of(
        "name", "description", "url", "licenses/license/name", "licenses/license/url", "developers/developer/name",
        "developers/developer/organization", "scm/connection", "scm/developerConnection", "scm/url")) {
      assertFalse(one(pom, "/project/" + element).isBlank(), element);
    }
    assertEquals(
        one(pom("pom.xml"), "/project/properties/loomring.url"), one(pom, "/project/properties/loomring.url"));
    assertEquals(
        one(pom("pom.xml"), "/project/properties/project.build.outputTimestamp"),
        one(pom, "/project/properties/project.build.outputTimestamp"));
  }

  @Test
  void everyModuleHasANameAndADescription() {
    for (String module : MODULES) {
      assertFalse(one(pom(module + "/pom.xml"), "/project/name").isBlank(), module);
      assertFalse(one(pom(module + "/pom.xml"), "/project/description").isBlank(), module);
    }
  }

  @Test
  void everyPluginAndEveryDependencyHasAVersion() {
    Set<String> managed = new HashSet<>(all(pom("pom.xml"), "//pluginManagement/plugins/plugin/artifactId"));
    managed.addAll(all(pom("pom.xml"), "/project/dependencyManagement//artifactId"));
    // What the BOM of JUnit has.
    managed.add("junit-jupiter");
    poms().forEach(path -> {
      List<String> free = new ArrayList<>(all(pom(path), "//plugin[not(version)]/artifactId"));
      free.addAll(all(pom(path), "//dependency[not(version)]/artifactId"));
      free.removeAll(managed);
      assertEquals(List.of(), free, path);
      for (String version : all(pom(path), "//version")) {
        assertFalse(version.matches("LATEST|RELEASE|[\\[(].*,.*") && !path.equals("pom.xml"), path + ": " + version);
      }
    });
  }

  @Test
  void theChangelogBeginsWithWhatIsNotReleasedOrWithThisVersion() throws IOException {
    String version = one(pom("pom.xml"), "/project/version");
    List<String> headings = Pattern.compile("(?m)^## \\[(.*)](.*)$")
        .matcher(Files.readString(TOP.resolve("CHANGELOG.md")))
        .results()
        .map((MatchResult found) -> found.group(1))
        .toList();
    assertEquals(version.endsWith("-SNAPSHOT") ? "Unreleased" : version, headings.getFirst());
    assertTrue(headings.stream().skip(1).allMatch(heading -> heading.matches("\\d+\\.\\d+\\.\\d+")), headings::toString);
  }

  @Test
  void whatIsSaidToBeReadyForUseIsOfTheVersionThatIsBuilt() throws IOException {
    String version = one(pom("pom.xml"), "/project/version");
    String page = Files.readString(TOP.resolve("docs/RELEASING.md"));
    assertTrue(page.contains("<version>" + version + "</version>"), version);
  }
}
