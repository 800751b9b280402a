package dev.millrace.server.http;

import java.util.concurrent.Executor;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.MDC;

/**
 * Where every request comes in. It puts each on a virtual thread, and counts it until it is answered, so that the server
 * knows at its end who is still there.
 */
final class Reception extends Handler.Wrapper {
    /** The attribute of a request that tells which thread answers it. */
    private static final String THREAD = "millrace.thread";

    private final Occupancy occupancy;
    private final Executor workers;

    Reception(Occupancy occupancy, Executor workers, Handler next) {
        super(next);
        this.occupancy = occupancy;
        this.workers = workers;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        if (Thread.currentThread().isVirtual()) {
            admit(request, response, callback);
        } else {
            // The first HTTP/1 request after the protocol was detected comes on a thread of Jetty's pool, which has
            // 200:
            // as many waiting endpoints, and nothing would be served any more.
            workers.execute(() -> admit(request, response, callback));
        }
        return true;
    }

    private void admit(Request request, Response response, Callback callback) {
        request.setAttribute(THREAD, Thread.currentThread());
        var guest = occupancy.enter(new Occupancy.Resident(() -> interrupt(request), () -> {}));
        Request.addCompletionListener(request, failure -> guest.leave());
        RequestId.give(request, response);
        try (var _ = MDC.putCloseable("request", RequestId.of(request))) {
            if (!super.handle(request, response, callback)) {
                Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
            }
        } catch (Throwable e) {
            Response.writeError(request, response, callback, e);
        }
    }

    /** The request is answered by the calling thread from here on. */
    static void goesOnHere(Request request) {
        request.setAttribute(THREAD, Thread.currentThread());
    }

    private static void interrupt(Request request) {
        if (request.getAttribute(THREAD) instanceof Thread thread) {
            thread.interrupt();
        }
    }
}
