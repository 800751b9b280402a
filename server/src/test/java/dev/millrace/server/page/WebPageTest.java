package dev.millrace.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AgentCatalog;
import dev.millrace.server.http.HttpServer;
import dev.millrace.server.http.Router;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebPageTest {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static HttpServer built;
    private static HttpServer bare;

    @BeforeAll
    static void start() throws Exception {
        built = serving("/page-sample/");
        bare = serving("/no-such-page/");
    }

    private static HttpServer serving(String folder) throws Exception {
        var router = new Router();
        WebPage.in(folder, new FrontPage(AgentCatalog.of("echo", turn -> {}))).register(router);
        HttpServer server = HttpServer.builder(router).host("127.0.0.1").port(0).build();
        server.start();
        return server;
    }

    @AfterAll
    static void stop() {
        built.stop(Duration.ofSeconds(1));
        bare.stop(Duration.ofSeconds(1));
        CLIENT.close();
    }

    private static HttpResponse<String> get(HttpServer server, String path, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(server.uri().resolve(path)).timeout(Duration.ofSeconds(30));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/chats", "/chats/7", "/agents", "/agents/echo", "/inside"})
    void a_browser_gets_the_page_at_each_of_its_addresses(String path) throws Exception {
        var page = get(built, path, "Accept", "text/html,application/xhtml+xml");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("<title>Millrace</title>");
        assertThat(header(page, "Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(header(page, "Cache-Control")).isEqualTo("no-cache");
        assertThat(header(page, "Vary")).contains("Accept");
    }

    @Test
    void the_page_may_run_its_own_files_and_nothing_else() throws Exception {
        String policy = header(get(built, "/", "Accept", "text/html"), "Content-Security-Policy");
        assertThat(policy)
                .contains("default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "*", "https:");
    }

    @Test
    void what_has_its_hash_in_its_name_is_kept_for_good() throws Exception {
        var asset = get(built, "/assets/app-5f0c.js");
        assertThat(asset.statusCode()).isEqualTo(200);
        assertThat(header(asset, "Content-Type")).startsWith("text/javascript");
        assertThat(header(asset, "Cache-Control")).contains("immutable", "max-age=31536000");
        assertThat(header(asset, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(header(asset, "Content-Encoding")).isEmpty();
    }

    @Test
    void a_file_goes_out_in_the_best_form_that_its_reader_takes() throws Exception {
        var brotli = get(built, "/assets/app-5f0c.js", "Accept-Encoding", "gzip, deflate, br");
        assertThat(header(brotli, "Content-Encoding")).isEqualTo("br");
        assertThat(brotli.body()).startsWith("stands for brotli");
        var gzip = get(built, "/assets/app-5f0c.js", "Accept-Encoding", "gzip, br;q=0");
        assertThat(header(gzip, "Content-Encoding")).isEqualTo("gzip");
        assertThat(header(gzip, "ETag")).isNotEqualTo(header(brotli, "ETag"));
        assertThat(header(get(built, "/icon.svg", "Accept-Encoding", "br"), "Content-Encoding"))
                .isEmpty();
    }

    @Test
    void what_the_browser_has_is_not_sent_again() throws Exception {
        var first = get(built, "/", "Accept", "text/html");
        var second = get(built, "/", "Accept", "text/html", "If-None-Match", "\"old\", W/" + header(first, "ETag"));
        assertThat(second.statusCode()).isEqualTo(304);
        assertThat(second.body()).isEmpty();
        assertThat(get(built, "/", "Accept", "text/html", "If-None-Match", "\"old\"")
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/assets/app-0000.js", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/secret.txt"})
    void what_is_not_in_the_list_is_not_there(String path) throws Exception {
        assertThat(get(built, path).statusCode()).isIn(400, 404);
    }

    @Test
    void a_program_gets_a_few_lines_of_text() throws Exception {
        var text = get(built, "/");
        assertThat(header(text, "Content-Type")).startsWith("text/plain");
        assertThat(text.body()).contains("echo", "POST /api/v1/chats").doesNotContain("Node");
        assertThat(get(built, "/inside").statusCode()).isEqualTo(404);
    }

    @Test
    void a_server_that_was_built_without_the_page_says_so() throws Exception {
        assertThat(get(bare, "/", "Accept", "text/html").body()).contains("without its web page", "Node 20");
        assertThat(get(bare, "/inside", "Accept", "text/html").body()).contains("built without it");
    }
}
