package dev.millrace.engine.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class FileNamesTest {
    private static final String A = "0123456789abcdef0123456789abcdef";
    private static final String B = "ffffffffffffffffffffffffffffffff";

    private static Set<String> in(String text) {
        return FileNames.in(text.getBytes(UTF_8));
    }

    @Test
    void a_file_is_named_by_its_address_wherever_that_stands() {
        assertThat(in("{\"url\":\"/files/uploads/" + A + "/a.png\"}")).containsExactly(A);
        assertThat(in("![](https://mill.example/files/uploads/" + A + "/a.png) and /files/uploads/" + B))
                .containsExactly(A, B);
        assertThat(in("/files/uploads//files/uploads/" + A + "/files/uploads/" + A))
                .containsExactly(A);
    }

    @Test
    void what_is_no_whole_id_names_nothing() {
        assertThat(in("")).isEmpty();
        assertThat(in("/files/uploads/")).isEmpty();
        assertThat(in("/files/uploads/" + A.substring(1))).isEmpty();
        assertThat(in("/files/uploads/" + A.replace('a', 'A'))).isEmpty();
        assertThat(in("/files/upload/" + A)).isEmpty();
    }

    @Test
    void a_file_is_found_wherever_its_address_begins_among_eight_bytes() {
        for (int before = 0; before < 20; before++) {
            for (int behind = 0; behind < 10; behind++) {
                String text = "x".repeat(before) + "/files/uploads/" + A + "é".repeat(behind);
                assertThat(in(text)).as("%d before, %d behind", before, behind).containsExactly(A);
            }
        }
    }
}
