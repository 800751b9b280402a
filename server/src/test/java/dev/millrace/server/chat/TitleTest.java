package dev.millrace.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import dev.millrace.protocol.Role;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TitleTest {
    private static String title(String text) {
        return Title.of(Message.user("m", text));
    }

    @Test
    void a_short_first_line_is_the_title() {
        assertThat(title("\n \n  Hello,\tyou  there \nand more")).isEqualTo("Hello, you there");
    }

    @Test
    void a_long_line_is_cut_at_a_word() {
        assertThat(title("word ".repeat(30))).isEqualTo("word ".repeat(15) + "word…");
        assertThat(title("w".repeat(200))).isEqualTo("w".repeat(79) + "…");
        assertThat(title("w".repeat(80))).isEqualTo("w".repeat(80));
        assertThat(title("😀".repeat(200))).isEqualTo("😀".repeat(79) + "…");
    }

    @Test
    void a_message_without_text_gives_no_title() {
        assertThat(title(" \n ")).isNull();
        assertThat(Title.of(Message.of("m", Role.USER, Part.url("https://example.org/"))))
                .isNull();
    }

    @Property(tries = 300)
    void a_title_is_never_longer_than_it_may_be(@ForAll String text) {
        String title = title(text.repeat(3));
        if (title != null) {
            assertThat(title.codePointCount(0, title.length())).isBetween(1, Title.LENGTH);
            assertThat(title).doesNotContain("\n");
        }
    }
}
