package dev.millrace.langchain4j;

import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.millrace.testkit.ModelServer;
import java.net.http.HttpClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** LangChain4j's own clients of a model server, with its own HTTP client. */
final class OpenAi {
    private OpenAi() {}

    static OpenAiStreamingChatModel streaming(ModelServer server) {
        return OpenAiStreamingChatModel.builder()
                .httpClientBuilder(JdkHttpClient.builder().httpClientBuilder(http1()))
                .baseUrl(server.baseUrl().toString())
                .apiKey("sk-test")
                .modelName("small")
                .returnThinking(true)
                .build();
    }

    /** For whole answers. */
    static OpenAiChatModel whole(ModelServer server) {
        return OpenAiChatModel.builder()
                .httpClientBuilder(JdkHttpClient.builder().httpClientBuilder(http1()))
                .baseUrl(server.baseUrl().toString())
                .apiKey("sk-test")
                .modelName("small")
                .maxRetries(0)
                .build();
    }

    private static HttpClient.Builder http1() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    }

    /** The body of the next request that came. */
    static JsonNode asked(ModelServer server) throws InterruptedException {
        return JsonMapper.shared().readTree(server.call().body());
    }
}
