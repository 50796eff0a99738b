package io.loomring.agent;

import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The agent's jar as the build made it, and JVMs with it whose class path holds the programs of the tests alone. */
final class AgentJar {
  private AgentJar() {}

  static Path path() {
    Path jar = Path.of(System.getProperty("tests.agent.jar"));
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException("the build has not made " + jar);
    }
    return jar;
  }

  /** The option of a JVM that starts the agent. */
  static String option(String agentArguments) {
    return "-javaagent:" + path() + (agentArguments.isEmpty() ? "" : "=" + agentArguments);
  }

  /** Where the classes of the tests are, and nothing else. */
  static String programs() {
    return origin(AgentJar.class);
  }

  /** The jar or directory that a class is from. */
  static String origin(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A JVM that runs a program under the agent. */
  static ChildJvm running(Class<?> program, String agentArguments, String... arguments) {
    return ChildJvm.of(program, arguments).classPath(programs()).options(option(agentArguments));
  }

  /** Makes a key store with a self-signed key for localhost, its password {@code changeit}. */
  static Path keyStore(Path directory) {
    Path store = directory.resolve("keys.p12");
    keytool(store, "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1",
        "-validity", "30", "-storetype", "PKCS12");
    return store;
  }

  /** Takes its certificate out of a store, in the form that other programs read. */
  static Path certificate(Path store) {
    Path certificate = store.resolveSibling("certificate.pem");
    keytool(store, "-exportcert", "-rfc", "-file", certificate.toString());
    return certificate;
  }

  private static void keytool(Path store, String... command) {
    List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    line.addAll(List.of(command));
    line.addAll(List.of("-alias", "test", "-keystore", store.toString(), "-storepass", "changeit"));
    Path log = store.resolveSibling("keytool.log");
    try {
      Process keytool = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
      if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        keytool.destroyForcibly();
        throw new IllegalStateException("keytool: " + Files.readString(log));
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
