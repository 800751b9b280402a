package dev.millrace.files.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.files.ByteRange;
import dev.millrace.files.EntityTag;
import dev.millrace.files.FileInfo;
import dev.millrace.files.MediaTypes;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileAnswerTest {
    private static final Instant MODIFIED = Instant.parse("1994-11-06T08:49:37.123456789Z");
    private static final Instant LATER = Instant.parse("1994-11-06T10:00:00Z");
    private static final String SAME = "Sun, 06 Nov 1994 08:49:37 GMT";
    private static final String BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT";
    private static final String AFTER = "Sun, 06 Nov 1994 08:49:38 GMT";
    private static final FileInfo FILE = new FileInfo("film.mp4", 1000, "video/mp4", EntityTag.strong("v1"), MODIFIED);

    private static FileAnswer answer(String method, FileInfo file, Instant now, String... headers) {
        Map<String, List<String>> byName = new HashMap<>();
        for (int i = 0; i < headers.length; i += 2) {
            byName.put(headers[i], List.of(headers[i + 1]));
        }
        return FileAnswer.to(method, name -> byName.getOrDefault(name, List.of()), file, now);
    }

    private static FileAnswer get(String... headers) {
        return answer("GET", FILE, LATER, headers);
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            GET  | -               | 0-
            HEAD | -               | -
            GET  | bytes=0-        | 0-
            GET  | bytes=500-      | 500-
            GET  | bytes=500-999   | 500-999
            GET  | bytes=7-7,0-3   | 7-7
            GET  | bytes=-500      | -
            GET  | bytes=-500,0-   | -
            GET  | lines=1-2       | 0-
            GET  | bytes=9-1       | 0-
            GET  | bytes=99999999999999999999- | -
            """)
    void before_a_file_is_known_it_can_be_told_where_the_answer_will_probably_begin(
            String method, String range, String expected) {
        Map<String, List<String>> headers = range == null ? Map.of() : Map.of("Range", List.of(range));
        assertThat(FileAnswer.likely(method, name -> headers.getOrDefault(name, List.of()))
                        .map(likely -> likely.first() + "-" + (likely.last() > 1L << 60 ? "" : likely.last()))
                        .orElse(null))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"If-None-Match", "If-Modified-Since"})
    void who_may_have_the_file_already_is_likely_to_need_none_of_it(String condition) {
        Map<String, List<String>> headers = Map.of(condition, List.of("\"v1\""));
        assertThat(FileAnswer.likely("GET", name -> headers.getOrDefault(name, List.of())))
                .isEmpty();
    }

    /** {@code SAME}, {@code BEFORE} and {@code AFTER} are dates around that of the file, whose tag is {@code "v1"}. */
    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", textBlock = """
            If-Match: "v1"                                              | GET  | 200
            If-Match: *                                                 | GET  | 200
            If-Match: "v0"                                              | GET  | 412
            If-Match: "v0", "v1"                                        | GET  | 200
            If-Match: "v0","v,1"                                        | GET  | 412
            If-Match: "v,1","v1"                                        | GET  | 200
            If-Match: W/"v1"                                            | GET  | 412
            If-Match: v1                                                | GET  | 412
            If-Match: "v0"                                              | HEAD | 412
            If-Unmodified-Since: SAME                                   | GET  | 200
            If-Unmodified-Since: AFTER                                  | GET  | 200
            If-Unmodified-Since: BEFORE                                 | GET  | 412
            If-Unmodified-Since: nonsense                               | GET  | 200
            If-Match: "v1"; If-Unmodified-Since: BEFORE                 | GET  | 200
            If-Match: "v0"; If-Unmodified-Since: AFTER                  | GET  | 412
            If-None-Match: "v1"                                         | GET  | 304
            If-None-Match: "v1"                                         | HEAD | 304
            If-None-Match: W/"v1"                                       | GET  | 304
            If-None-Match: *                                            | GET  | 304
            If-None-Match: "v0"                                         | GET  | 200
            If-None-Match: "v0", W/"v1"                                 | GET  | 304
            If-None-Match: "v0"; If-Modified-Since: AFTER               | GET  | 200
            If-None-Match: "v1"; If-Modified-Since: BEFORE              | GET  | 304
            If-Modified-Since: SAME                                     | GET  | 304
            If-Modified-Since: AFTER                                    | GET  | 304
            If-Modified-Since: BEFORE                                   | GET  | 200
            If-Modified-Since: nonsense                                 | GET  | 200
            If-Match: "v0"; If-None-Match: "v1"                         | GET  | 412
            If-Match: "v1"; If-None-Match: "v1"                         | GET  | 304
            If-Unmodified-Since: BEFORE; If-None-Match: "v1"            | GET  | 412
            If-None-Match: "v1"; Range: bytes=0-9                       | GET  | 304
            If-Match: "v0"; Range: bytes=0-9                            | GET  | 412
            If-Match: "v0"; Range: bytes=5000-                          | GET  | 412
            If-Match: "v1"; Range: bytes=5000-                          | GET  | 416
            If-Match: "v1"; Range: bytes=0-9                            | GET  | 206
            Range: bytes=0-9                                            | HEAD | 200
            Range: bytes=5000-                                          | HEAD | 200
            If-Range: "v1"; Range: bytes=0-9                            | GET  | 206
            If-Range: "v0"; Range: bytes=0-9                            | GET  | 200
            If-Range: W/"v1"; Range: bytes=0-9                          | GET  | 200
            If-Range: "v0"; Range: bytes=5000-                          | GET  | 200
            If-Range: "v1"; Range: bytes=5000-                          | GET  | 416
            If-Range: SAME; Range: bytes=0-9                            | GET  | 206
            If-Range: BEFORE; Range: bytes=0-9                          | GET  | 200
            If-Range: AFTER; Range: bytes=0-9                           | GET  | 200
            If-Range: nonsense; Range: bytes=0-9                        | GET  | 200
            If-Range: "v0"                                              | GET  | 200
            """)
    void conditions_are_weighed_in_order(String headers, String method, int status) {
        String[] pairs = headers.replace("SAME", SAME)
                .replace("BEFORE", BEFORE)
                .replace("AFTER", AFTER)
                .split("; |: ");
        assertThat(answer(method, FILE, LATER, pairs).status()).isEqualTo(status);
    }

    @Test
    void a_date_is_no_strong_validator_in_the_second_of_the_change() {
        String[] request = {"Range", "bytes=0-9", "If-Range", SAME};
        assertThat(answer("GET", FILE, MODIFIED.plusMillis(1), request).status())
                .isEqualTo(200);
        assertThat(answer("GET", FILE, MODIFIED.plusSeconds(1), request).status())
                .isEqualTo(206);
    }

    @Test
    void a_file_that_nothing_is_known_of_meets_only_the_star() {
        FileInfo unknown = new FileInfo("x", 10, MediaTypes.UNKNOWN, null, null);
        assertThat(answer("GET", unknown, LATER, "If-Match", "\"v1\"").status()).isEqualTo(412);
        assertThat(answer("GET", unknown, LATER, "If-Match", "*").status()).isEqualTo(200);
        assertThat(answer("GET", unknown, LATER, "If-None-Match", "\"v1\"").status())
                .isEqualTo(200);
        assertThat(answer("GET", unknown, LATER, "If-Modified-Since", AFTER).status())
                .isEqualTo(200);
        assertThat(answer("GET", unknown, LATER, "Range", "bytes=0-1", "If-Range", SAME)
                        .status())
                .isEqualTo(200);
        assertThat(answer("GET", unknown, LATER).headers()).doesNotContainKeys("ETag", "Last-Modified");
    }

    @Test
    void a_part_says_which_it_is() {
        FileAnswer part = get("Range", "bytes=100-199");
        assertThat(part.body()).containsExactly(new Piece.Range(new ByteRange(100, 199)));
        assertThat(part.headers())
                .containsEntry("Content-Range", "bytes 100-199/1000")
                .containsEntry("Content-Length", "100")
                .containsEntry("Content-Type", "video/mp4")
                .containsEntry("Accept-Ranges", "bytes")
                .containsEntry("ETag", "\"v1\"")
                .containsEntry("Last-Modified", SAME)
                .containsEntry("Cache-Control", "private, no-transform");
    }

    @Test
    void bytes_from_zero_are_a_part_even_if_that_is_all() {
        assertThat(get("Range", "bytes=0-").status()).isEqualTo(206);
        assertThat(get("Range", "bytes=0-").headers()).containsEntry("Content-Range", "bytes 0-999/1000");
    }

    @Test
    void an_unsatisfiable_range_is_told_the_size() {
        FileAnswer answer = get("Range", "bytes=1000-");
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers())
                .containsEntry("Content-Range", "bytes */1000")
                .containsEntry("Accept-Ranges", "bytes")
                .doesNotContainKey("Content-Length");
    }

    /** How a request for ranges of 1000 bytes ends: {@code 200}, {@code 206 FIRST-LAST}, or {@code parts FIRST-LAST …}. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            bytes=0-1,5-6              | parts 0-1 5-6
            bytes=5-6,0-1              | parts 5-6 0-1
            bytes=0-0,-1               | parts 0-0 999-999
            bytes=0-1,1-2              | 206 0-2
            bytes=0-1,2-3              | 206 0-3
            bytes=2-3,0-1              | 206 0-3
            bytes=0-9,5-6              | 206 0-9
            bytes=0-9,20-29,5-14       | parts 0-14 20-29
            bytes=900-,0-9,950-960     | parts 0-9 900-999
            bytes=5-6,2000-            | 206 5-6
            bytes=5-5,5-5,5-5          | 206 5-5
            bytes=0-,0-                | 200
            bytes=0-999,5-5            | 200
            bytes=0-499,500-999        | 206 0-999
            bytes=-600,0-499           | 200
            bytes=0-1,5-x              | 200
            bytes=2000-,3000-4000      | 416
            """)
    void several_ranges_are_joined_and_what_remains_is_answered(String range, String expected) {
        FileAnswer answer = get("Range", range);
        String ranges = answer.body().stream()
                .filter(Piece.Range.class::isInstance)
                .map(piece -> ((Piece.Range) piece).bytes())
                .map(bytes -> bytes.first() + "-" + bytes.last())
                .collect(Collectors.joining(" "));
        String outcome =
                switch (answer.status()) {
                    case 206 -> (answer.body().size() == 1 ? "206 " : "parts ") + ranges;
                    default -> Integer.toString(answer.status());
                };
        assertThat(outcome).isEqualTo(expected);
        if (answer.status() != 416) {
            assertThat(answer.headers())
                    .containsEntry(
                            "Content-Length",
                            Long.toString(answer.body().stream()
                                    .mapToLong(Piece::length)
                                    .sum()));
        }
    }

    @Test
    void parts_are_written_byte_for_byte_as_the_RFC_wants_them() {
        Map<String, List<String>> request = Map.of("Range", List.of("bytes=0-1,-3"));
        FileAnswer answer = FileAnswer.to(
                "GET",
                name -> request.getOrDefault(name, List.of()),
                FILE,
                LATER,
                FileAnswer.Wish.SHOW,
                () -> "THIS_STRING_SEPARATES");
        String body = answer.body().stream()
                .map(piece -> switch (piece) {
                    case Piece.Text text -> text.text();
                    case Piece.Range range -> "x".repeat((int) range.length());
                })
                .collect(Collectors.joining());
        assertThat(body).isEqualTo("""
                --THIS_STRING_SEPARATES
                Content-Type: video/mp4
                Content-Range: bytes 0-1/1000

                xx
                --THIS_STRING_SEPARATES
                Content-Type: video/mp4
                Content-Range: bytes 997-999/1000

                xxx
                --THIS_STRING_SEPARATES--
                """.replace("\n", "\r\n"));
        assertThat(answer.headers())
                .containsEntry("Content-Type", "multipart/byteranges; boundary=THIS_STRING_SEPARATES")
                .containsEntry("Content-Length", Integer.toString(body.length()))
                .containsEntry("ETag", "\"v1\"")
                .doesNotContainKey("Content-Range");
    }

    @Test
    void a_hundred_overlapping_ranges_cost_one_part_or_the_whole() {
        String overlaps = IntStream.range(0, 100).mapToObj(i -> "0-" + i).collect(Collectors.joining(","));
        assertThat(get("Range", "bytes=" + overlaps).status()).isEqualTo(200);
        String few = IntStream.range(0, 100).mapToObj(i -> i + "-" + (i + 1)).collect(Collectors.joining(","));
        assertThat(get("Range", "bytes=" + few).body()).containsExactly(new Piece.Range(new ByteRange(0, 100)));
    }

    @Test
    void who_wants_to_keep_a_file_gets_an_attachment_whatever_it_is() {
        assertThat(FileAnswer.to("GET", name -> List.of(), FILE, LATER, FileAnswer.Wish.SAVE)
                        .headers())
                .containsEntry("Content-Disposition", "attachment; filename=\"film.mp4\"");
    }

    @Test
    void two_range_headers_are_none() {
        Map<String, List<String>> twice = Map.of("Range", List.of("bytes=0-1", "bytes=0-1"));
        assertThat(FileAnswer.to("GET", name -> twice.getOrDefault(name, List.of()), FILE, LATER)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void conditions_in_several_lines_are_one_list() {
        Map<String, List<String>> twice = Map.of("If-None-Match", List.of("\"v0\"", "\"v1\""));
        assertThat(FileAnswer.to("GET", name -> twice.getOrDefault(name, List.of()), FILE, LATER)
                        .status())
                .isEqualTo(304);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "bytes=0-9", "bytes=5000-", "nonsense"})
    void HEAD_has_the_headers_of_a_GET_without_a_range(String range) {
        FileAnswer head = range.isEmpty() ? answer("HEAD", FILE, LATER) : answer("HEAD", FILE, LATER, "Range", range);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.headers()).isEqualTo(get().headers());
    }

    @Test
    void an_empty_file_has_no_bytes_and_no_ranges() {
        FileInfo empty = new FileInfo("x.txt", 0, "text/plain", EntityTag.strong("e"), MODIFIED);
        assertThat(answer("GET", empty, LATER).body()).isEmpty();
        assertThat(answer("GET", empty, LATER).headers()).containsEntry("Content-Length", "0");
        assertThat(answer("GET", empty, LATER, "Range", "bytes=0-").headers())
                .containsEntry("Content-Range", "bytes */0");
    }

    @Test
    void what_could_run_script_is_not_shown_in_place() {
        for (String name : List.of("a.html", "a.svg", "a.xml", "a.js", "a", "a.exe")) {
            FileInfo file = new FileInfo(name, 1, MediaTypes.ofName(name), EntityTag.strong("e"), MODIFIED);
            assertThat(answer("GET", file, LATER).headers().get("Content-Disposition"))
                    .as(name)
                    .startsWith("attachment");
            assertThat(answer("GET", file, LATER).headers().get("Content-Security-Policy"))
                    .contains("sandbox");
        }
        for (String name : List.of("a.mp4", "a.MKV", "a.mp3", "a.png", "a.pdf", "a.txt")) {
            FileInfo file = new FileInfo(name, 1, MediaTypes.ofName(name), EntityTag.strong("e"), MODIFIED);
            assertThat(answer("GET", file, LATER).headers().get("Content-Disposition"))
                    .as(name)
                    .startsWith("inline");
        }
    }

    @Test
    void no_header_can_be_split() {
        FileInfo file = new FileInfo("a\r\nSet-Cookie: x=1.txt", 1, "text/plain", null, null);
        String all = answer("GET", file, LATER).headers().values().stream().collect(Collectors.joining());
        assertThat(all).doesNotContain("\r").doesNotContain("\n");
    }
}
