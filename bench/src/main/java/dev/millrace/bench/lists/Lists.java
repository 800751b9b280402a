package dev.millrace.bench.lists;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.bench.Experiment;
import dev.millrace.bench.Lost;
import dev.millrace.bench.Plan;
import dev.millrace.bench.Report;
import dev.millrace.bench.Row;
import dev.millrace.bench.Samples;
import dev.millrace.server.config.StoreSettings;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Pages of 50 over HTTP, of 10,000 chats and of one chat with 10,000 messages: the first page, one from the middle, a
 * search. On every store; on PostgreSQL if {@value #POSTGRES} names a database, in which it makes a schema's worth of
 * tables and leaves them.
 */
public final class Lists implements Experiment {
    /** The environment's variable that names a PostgreSQL database, as {@code postgresql://…}. */
    private static final String POSTGRES = "MILLRACE_BENCH_POSTGRES";

    private static final String TABLE = "lists: pages of 50";
    private static final int MANY = 10_000;
    private static final int PAGE = 50;

    /** What opens with the page of a program, before anybody notices that it took a while. */
    private static final double TARGET_MILLIS = 50;

    /** A request, and how many entries its answer must have. */
    private record Question(String path, String entries, int expected) {}

    @Override
    public void run(Plan plan, Report report) throws Exception {
        measure(plan, report, "memory", new StoreSettings.Memory());
        Path folder = Files.createTempDirectory("millrace-bench");
        try {
            measure(plan, report, "SQLite", new StoreSettings.Sqlite(folder));
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        String postgres = System.getenv(POSTGRES);
        if (postgres != null) {
            measure(plan, report, "PostgreSQL", StoreSettings.Postgres.at(POSTGRES, postgres));
        }
        report.print(TABLE);
    }

    private static void measure(Plan plan, Report report, String variant, StoreSettings store) throws Exception {
        int many = plan.load(MANY);
        report.progress("filling " + variant);
        try (var library = new Library(store, many, many)) {
            Map<String, Question> questions = questions(library, many);
            report.progress("asking " + variant);
            for (Map.Entry<String, Question> each : questions.entrySet()) {
                plan.warmUp(() -> ask(library, each.getValue()));
            }
            var figures = new LinkedHashMap<String, Samples>();
            for (int round = 0; round < plan.rounds(); round++) {
                for (Map.Entry<String, Question> each : questions.entrySet()) {
                    Samples samples = figures.computeIfAbsent(each.getKey(), q -> new Samples());
                    for (int i = 0; i < plan.times(100); i++) {
                        long asked = System.nanoTime();
                        ask(library, each.getValue());
                        samples.add((double) (System.nanoTime() - asked));
                    }
                }
            }
            figures.forEach((scenario, samples) -> report.add(
                    TABLE,
                    Row.of(scenario, variant)
                            .millis("answer", samples)
                            .target("p50 ≤ 50 ms", samples.median() / 1e6 <= TARGET_MILLIS)));
        }
    }

    private static Map<String, Question> questions(Library library, int many) throws Exception {
        var questions = new LinkedHashMap<String, Question>();
        int page = Math.min(PAGE, many);
        questions.put("chats, first page", new Question("/chats?limit=50", "chats", page));
        questions.put(
                "chats, a later page", new Question("/chats?limit=50&after=" + middle(library, many), "chats", page));
        int rare = (many - 1 + Library.RARE - 1) / Library.RARE;
        questions.put("chats, a rare word", new Question("/chats?limit=50&q=heron", "chats", Math.min(PAGE, rare)));
        questions.put("chats, a common word", new Question("/chats?limit=50&q=chat%20mill", "chats", page));
        String messages = "/chats/" + library.longChat() + "/messages?limit=50";
        questions.put("messages, newest page", new Question(messages, "messages", page));
        questions.put(
                "messages, an earlier page",
                new Question(messages + "&before=" + half(library, messages, many), "messages", page));
        return questions;
    }

    /** Where the page begins that half of the chats stand before. */
    private static String middle(Library library, int many) throws Exception {
        String next = "";
        for (int seen = 0; seen < many / 2; seen += 100) {
            JsonNode page = library.get("/chats?limit=100" + (next.isEmpty() ? "" : "&after=" + next));
            if (page.required("total").asInt() != many) {
                throw new Lost("there are " + page.get("total") + " chats of " + many);
            }
            if (!page.has("next")) {
                return next;
            }
            next = encoded(page.required("next").asString());
        }
        return many <= 2 * PAGE ? "" : next;
    }

    private static String half(Library library, String path, int many) throws Exception {
        String before = encoded(library.get(path)
                .required("messages")
                .get(0)
                .required("message")
                .required("messageId")
                .asString());
        for (int seen = PAGE; seen < many / 2; seen += 200) {
            JsonNode page = library.get(path.replace("limit=50", "limit=200") + "&before=" + before);
            if (!page.has("previous")) {
                break;
            }
            before = encoded(page.required("previous").asString());
        }
        return before;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8);
    }

    private static void ask(Library library, Question question) throws IOException, InterruptedException {
        int entries = library.get(question.path()).required(question.entries()).size();
        if (entries != question.expected()) {
            throw new Lost(question.path() + " has " + entries + " entries and not " + question.expected());
        }
    }
}
