package dev.lazymount.web;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A headless browser with one page, driven over the DevTools protocol. */
final class Chromium {
  /** Generous, for a busy machine. */
  private static final Duration START = Duration.ofSeconds(60);

  private static final long ANSWER_SECONDS = 30;
  private static final Pattern LISTENING = Pattern.compile("ws://(127\\.0\\.0\\.1:\\d+)/\\S+");

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
  private final Queue<JsonObject> events = new ConcurrentLinkedQueue<>();

  /** Starts a browser that keeps its files in this folder. */
  static Chromium start(Path folder) throws Exception {
    Path log = folder.resolve("chromium.log");
    List<String> command =
        List.of(
            "chromium",
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--remote-debugging-port=0",
            "--user-data-dir=" + folder.resolve("profile"),
            "about:blank");
    Process process = ChildProcess.start(command, Map.of("HOME", folder.toString()), log);
    try {
      String address =
          Await.value(
              "Chromium listens",
              START,
              () -> {
                Matcher listening = LISTENING.matcher(Files.readString(log));
                return listening.find() ? Optional.of(listening.group(1)) : Optional.empty();
              },
              () -> process.isAlive() ? "" : "it has ended");
      return new Chromium(process, page(address));
    } catch (Exception | AssertionError e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static URI page(String address) {
    HttpClient http = HttpClient.newHttpClient();
    java.net.http.HttpRequest request =
        java.net.http.HttpRequest.newBuilder(URI.create("http://" + address + "/json/list"))
            .build();
    return Await.value(
        "Chromium has a page",
        START,
        () -> {
          String pages = http.send(request, BodyHandlers.ofString()).body();
          for (JsonElement page : JsonParser.parseString(pages).getAsJsonArray()) {
            if (page.getAsJsonObject().get("type").getAsString().equals("page")) {
              String socket = page.getAsJsonObject().get("webSocketDebuggerUrl").getAsString();
              return Optional.of(URI.create(socket));
            }
          }
          return Optional.empty();
        },
        () -> "");
  }

  private Chromium(Process process, URI page) throws Exception {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(page, new Listener())
            .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    call("Page.enable", "{}");
    call("Runtime.enable", "{}");
    call("Log.enable", "{}");
    call("Network.enable", "{}");
    call("Emulation.setScrollbarsHidden", "{\"hidden\":true}");
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
        text.setLength(0);
        if (message.has("id")) {
          answers.remove(message.get("id").getAsInt()).complete(message);
        } else {
          events.add(message);
        }
      }
      from.request(1);
      return null;
    }
  }

  /** Calls a method of the protocol and returns its result. */
  JsonObject call(String method, String parameters) throws Exception {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket
        .sendText(
            "{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}", true)
        .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    JsonObject message = answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    if (message.has("error")) {
      throw new AssertionError(method + ": " + message.get("error"));
    }
    return message.getAsJsonObject("result");
  }

  /** Opens an address. */
  void open(String url) throws Exception {
    JsonObject parameters = new JsonObject();
    parameters.addProperty("url", url);
    call("Page.navigate", parameters.toString());
  }

  /** The value of a JavaScript expression in the page. */
  JsonElement value(String expression) throws Exception {
    JsonObject parameters = new JsonObject();
    parameters.addProperty("expression", expression);
    parameters.addProperty("returnByValue", true);
    parameters.addProperty("awaitPromise", true);
    JsonObject answer = call("Runtime.evaluate", parameters.toString());
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
    }
    JsonElement value = answer.getAsJsonObject("result").get("value");
    return value == null ? com.google.gson.JsonNull.INSTANCE : value;
  }

  /** The same, as text. */
  String text(String expression) throws Exception {
    return value(expression).getAsString();
  }

  /** Waits until a JavaScript expression is true. */
  void await(String expression) {
    Await.until(expression, () -> value(expression).getAsBoolean());
  }

  /** The size of the window, CSS pixels. */
  void resize(int width, int height, boolean phone) throws Exception {
    call(
        "Emulation.setDeviceMetricsOverride",
        "{\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,\"mobile\":%b}"
            .formatted(width, height, phone));
  }

  /** Sets the preferred colour scheme. */
  void dark(boolean dark) throws Exception {
    call(
        "Emulation.setEmulatedMedia",
        "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"%s\"}]}"
            .formatted(dark ? "dark" : "light"));
  }

  /** Writes a screenshot of the window, PNG. */
  void screenshot(Path file) throws Exception {
    JsonObject shot = call("Page.captureScreenshot", "{\"format\":\"png\"}");
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, Base64.getDecoder().decode(shot.get("data").getAsString()));
  }

  /** Clears the recorded requests and complaints. */
  void forget() {
    events.clear();
  }

  /** All requested addresses. */
  List<String> requests() {
    return events.stream()
        .filter(event -> event.get("method").getAsString().equals("Network.requestWillBeSent"))
        .map(event -> event.getAsJsonObject("params").getAsJsonObject("request"))
        .map(request -> request.get("url").getAsString())
        .toList();
  }

  /** Console messages: script errors and violations of the policy. */
  List<String> complaints() {
    return events.stream()
        .filter(
            event ->
                List.of("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
                    .contains(event.get("method").getAsString()))
        .map(JsonObject::toString)
        .toList();
  }

  /** Closes the browser. */
  void close() throws Exception {
    call("Browser.close", "{}");
    if (!process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("Chromium did not end");
    }
  }
}
