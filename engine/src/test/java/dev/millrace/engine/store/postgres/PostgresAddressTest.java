package dev.millrace.engine.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresAddressTest {
    @Test
    void an_address_names_everything_and_never_shows_the_password() {
        PostgresAddress address =
                PostgresAddress.parse("postgresql://me:p%40ss+word@db.example:5433/chats?schema=one&sslmode=require");
        assertThat(address.jdbcUrl()).isEqualTo("jdbc:postgresql://db.example:5433/chats");
        assertThat(address.schema()).isEqualTo("one");
        assertThat(address.properties())
                .containsEntry("user", "me")
                .containsEntry("password", "p@ss+word")
                .containsEntry("sslmode", "require")
                .hasSize(3);
        assertThat(address).hasToString("postgresql://db.example:5433/chats?schema=one");
    }

    @Test
    void what_is_left_out_has_a_default() {
        PostgresAddress address = PostgresAddress.parse("postgres://db.example/chats");
        assertThat(address).hasToString("postgresql://db.example:5432/chats?schema=millrace");
        assertThat(address.properties()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://me:geheim@h/db",
                "postgresql://me:geheim@h",
                "postgresql://me:geheim@h/",
                "postgresql://me:gehe im@h/db",
                "postgresql://me:geheim@/db",
                "postgresql://me:geheim@h/db?schema=Robert'; DROP",
                "postgresql://me:geheim@h/db?schema=UPPER",
                "postgresql://me:geheim@h/db?novalue",
                "geheim"
            })
    void a_wrong_address_is_refused_and_its_password_not_repeated(String url) {
        assertThatThrownBy(() -> PostgresAddress.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PostgreSQL")
                .hasMessageNotContaining("geheim")
                .hasNoCause();
    }
}
