package dev.millrace.server.http;

import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Where every request comes in, so that the server knows at its end who is still there. */
final class Reception extends Handler.Wrapper {
    private final Occupancy occupancy;

    Reception(Occupancy occupancy, Handler next) {
        super(next);
        this.occupancy = occupancy;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        // A handler that works or waits for long is not idle; one that reads or writes is still watched.
        request.addIdleTimeoutListener(timeout -> false);
        var thread = Thread.currentThread();
        var guest = occupancy.enter(new Occupancy.Resident(thread::interrupt, () -> {}));
        Request.addCompletionListener(request, failure -> guest.leave());
        return super.handle(request, response, callback);
    }
}
