/** JSON-RPC 2.0, the envelope of A2A over plain HTTP. */
@NullMarked
package dev.millrace.protocol.rpc;

import org.jspecify.annotations.NullMarked;
