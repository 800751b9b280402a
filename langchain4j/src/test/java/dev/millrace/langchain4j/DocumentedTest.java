package dev.millrace.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code in the documentation is code that is compiled and tested here. */
class DocumentedTest {
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void each_line_of_code_in_the_section_on_langchain4j_stands_in_the_same_order_in_a_test() throws Exception {
        String page = Files.readString(Path.of("../docs/agents.md"));
        String section = page.substring(page.indexOf("## Models and tools of LangChain4j"));
        section = section.substring(0, section.indexOf("\n## ", 3));
        List<String> blocks = BLOCK.matcher(section)
                .results()
                .map((MatchResult block) -> plain(block.group(1)))
                .toList();
        assertThat(blocks).hasSize(3);
        String code = plain(Files.readString(Path.of("src/test/java/dev/millrace/langchain4j/Documented.java")));
        assertThat(blocks).allSatisfy(block -> assertThat(code).contains(block));
    }

    /** Without what the format of a file decides. */
    private static String plain(String code) {
        return code.replaceAll("\\s+", " ").strip();
    }
}
