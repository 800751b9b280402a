package dev.millrace.files.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentDispositionTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            film.mp4     | filename="film.mp4"
            my film.mp4  | filename="my film.mp4"
            a"b.txt      | filename="a_b.txt"; filename*=UTF-8''a%22b.txt
            100%.txt     | filename="100_.txt"; filename*=UTF-8''100%25.txt
            %41.txt      | filename="_41.txt"; filename*=UTF-8''%2541.txt
            Übung.pdf    | filename="_bung.pdf"; filename*=UTF-8''%C3%9Cbung.pdf
            €.txt        | filename="_.txt"; filename*=UTF-8''%E2%82%AC.txt
            映画.mkv     | filename="__.mkv"; filename*=UTF-8''%E6%98%A0%E7%94%BB.mkv
            😀.png       | filename="_.png"; filename*=UTF-8''%F0%9F%98%80.png
            a;b=c.txt    | filename="a;b=c.txt"
            ../../passwd | filename="....passwd"
            a\\b          | filename="ab"
            ..           | filename="file"
            """)
    void a_name_survives_or_is_made_harmless(String name, String expected) {
        assertThat(ContentDisposition.of("inline", name)).isEqualTo("inline; " + expected);
    }

    @Test
    void control_characters_and_marks_of_direction_are_dropped() {
        assertThat(ContentDisposition.of("attachment", "a\r\nb\u0000c\u007F\u0085\u202Egpj.exe"))
                .isEqualTo("attachment; filename=\"abcgpj.exe\"");
        assertThat(ContentDisposition.of("attachment", "\r\n")).isEqualTo("attachment; filename=\"file\"");
    }
}
