package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProblemsTest {
    /** Those of the chat API, and of the gate before it. */
    private static final List<Path> SOURCES = List.of(
            Path.of("src/main/java/dev/millrace/server/chat"), Path.of("src/main/java/dev/millrace/server/auth"));

    private static final Path PAGE = Path.of("../docs/api/chat.md");

    /** The types are promises to callers: one that is new, or goes, changes the page. */
    @Test
    void the_page_lists_every_type_of_problem_and_no_other() throws IOException {
        var made = new TreeSet<String>();
        var problem = Pattern.compile("new HttpProblem\\(\\s*\\d+,\\s*\"([a-z-]+)\"");
        for (Path sources : SOURCES) {
            try (Stream<Path> files = Files.list(sources)) {
                for (Path file :
                        files.filter(each -> each.toString().endsWith(".java")).toList()) {
                    problem.matcher(Files.readString(file)).results().forEach(found -> made.add(found.group(1)));
                }
            }
        }
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf("| Status | `urn:millrace:problem:`"));
        var listed = new TreeSet<String>();
        Pattern.compile("^\\| \\d{3} \\| ([^|]*)\\|", Pattern.MULTILINE)
                .matcher(table)
                .results()
                .forEach(row -> Pattern.compile("`([a-z-]+)`")
                        .matcher(row.group(1))
                        .results()
                        .forEach(type -> listed.add(type.group(1))));
        assertThat(listed).isEqualTo(made);
    }

    @Test
    void each_refusal_of_the_engine_has_a_status_that_says_whose_turn_it_is() {
        for (Refused.Reason reason : Refused.Reason.values()) {
            int status = Problems.of(new Refused(reason, "because")).status();
            assertThat(status).as("%s", reason).isBetween(400, 503).isNotEqualTo(500);
        }
    }
}
