package dev.millrace.server.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Turns the errors that Jetty finds by itself (bad requests, headers too large, timeouts) into problem documents. */
final class ProblemPage implements Request.Handler {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        String detail = status >= 500 ? "The server could not answer." : "The request could not be read.";
        if (request.getAttribute(ErrorHandler.ERROR_EXCEPTION) instanceof HttpException http) {
            status = http.getCode();
            if (http.getReason() != null && status < 500) {
                detail = http.getReason();
            }
        }
        var problem = problem(status, detail);
        if (request.getConnectionMetaData().getHttpVersion().getVersion() < HttpVersion.HTTP_2.getVersion()) {
            // Jetty closes after what it could not read; a client that was not told would send its next request here.
            problem.header("Connection", "close");
        }
        send(problem, request, response, callback);
        return true;
    }

    /** Answers with a problem in place of whatever was begun. */
    static void send(HttpProblem problem, Request request, Response response, Callback callback) {
        response.reset();
        response.setStatus(problem.status());
        Dispatch.secure(response);
        RequestId.give(request, response);
        Arrival.giveHeaders(request, response);
        problem.headers().forEach((name, value) -> response.getHeaders().put(name, value));
        byte[] document = problem.toJson();
        response.getHeaders()
                .put(HttpHeader.CONTENT_TYPE, HttpProblem.CONTENT_TYPE)
                .put(HttpHeader.CACHE_CONTROL, "no-store")
                .put(HttpHeader.CONTENT_LENGTH, document.length);
        boolean head = "HEAD".equals(request.getMethod());
        response.write(true, head ? null : ByteBuffer.wrap(document), callback);
    }

    private static HttpProblem problem(int status, String detail) {
        return switch (status) {
            case 400 -> HttpProblem.badRequest(detail);
            case 408 -> new HttpProblem(408, "request-timeout", "The request came too slowly", detail);
            case 413 -> new HttpProblem(413, "body-too-large", "The request body is too large", detail);
            case 414 -> new HttpProblem(414, "uri-too-long", "The URI is too long", detail);
            case 431 -> new HttpProblem(431, "headers-too-large", "The request's headers are too large", detail);
            default ->
                new HttpProblem(
                        status,
                        status >= 500 ? "internal-error" : "bad-request",
                        HttpStatus.getMessage(status),
                        detail);
        };
    }
}
