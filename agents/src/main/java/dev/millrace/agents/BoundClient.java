package dev.millrace.agents;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.time.Duration;

/**
 * What a model of LangChain4j takes for its HTTP client: the exchange that the calling thread is bound to. LangChain4j takes a
 * builder where it wants a client, so this is its own; the times are the configuration's, whatever it sets.
 */
record BoundClient(ModelConfig.Times times) implements HttpClient, HttpClientBuilder {
    static final ScopedValue<ModelExchange> EXCHANGE = ScopedValue.newInstance();

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        EXCHANGE.get().execute(request, listener);
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        throw new UnsupportedOperationException("this agent streams; it makes no other request");
    }

    @Override
    public HttpClient build() {
        return this;
    }

    @Override
    public Duration connectTimeout() {
        return times.connect();
    }

    @Override
    public HttpClientBuilder connectTimeout(Duration timeout) {
        return this;
    }

    @Override
    public Duration readTimeout() {
        return times.silence();
    }

    @Override
    public HttpClientBuilder readTimeout(Duration timeout) {
        return this;
    }
}
