package dev.millrace.files;

import java.net.http.HttpRequest;

/** Authorises a request by what the request says, and by when it is sent. Safe for use by many threads. */
@FunctionalInterface
interface Signer {

    /** Sends each request as it is. */
    Signer NONE = request -> request;

    /** The request with what authorises it, to be sent at once: a signature may hold for minutes only. */
    HttpRequest sign(HttpRequest request) throws SourceException;
}
