package dev.millrace.server.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.protocol.json.InvalidField;
import java.net.InetAddress;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a URL of a client's making may lead to. */
class PublicAddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "100.64.0.1",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.7",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:10.0.0.1",
                "::ffff:127.0.0.1",
                "::7f00:1",
                "64:ff9b::a00:1",
                "64:ff9b:1::1",
                "100::1",
                "2001::1",
                "2001:10::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "3fff::1",
                "5f00::1",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "fec0::1",
                "ff02::1"
            })
    void what_is_not_anybodys_is_refused(String address) throws Exception {
        assertThat(PublicAddress.is(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "8.8.8.8",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.0.1",
                "172.32.0.1",
                "192.0.1.1",
                "198.17.0.1",
                "198.20.0.1",
                "223.255.255.255",
                "2606:4700::1111",
                "2001:4860:4860::8888",
                "2a00:1450::1"
            })
    void what_is_public_is_allowed(String address) throws Exception {
        assertThat(PublicAddress.is(InetAddress.getByName(address))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.1/",
                "http://0/",
                "http://[::1]:8080/x",
                "http://[::ffff:169.254.169.254]/",
                "https://10.0.0.7/"
            })
    void however_it_is_spelled(String url) {
        assertThatExceptionOfType(Exception.class)
                .isThrownBy(() -> Target.of(url, "url").address(Set.of()))
                .isInstanceOfAny(Target.RefusedTarget.class, InvalidField.class, java.net.UnknownHostException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://a.example/",
                "file:///etc/passwd",
                "/relative",
                "http://",
                "http://u:p@a.example/",
                "http://a.example:99999/",
                "http://a b/",
                "javascript:alert(1)"
            })
    void what_is_no_place_for_a_push_is_refused(String url) {
        assertThatExceptionOfType(InvalidField.class).isThrownBy(() -> Target.of(url, "url"));
    }

    @Test
    void a_host_that_is_allowed_may_be_anywhere() throws Exception {
        Target target = Target.of("http://127.0.0.1:8080/hook?a=b", "url");
        assertThat(target.address(Set.of("127.0.0.1")).isLoopbackAddress()).isTrue();
        assertThat(target.path()).isEqualTo("/hook?a=b");
        assertThat(target.authority()).isEqualTo("127.0.0.1:8080");
    }
}
