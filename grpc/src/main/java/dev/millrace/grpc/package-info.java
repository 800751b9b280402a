/**
 * A2A's words between this project's records and the messages of A2A's protocol buffers, both ways, for whoever speaks
 * gRPC: {@link dev.millrace.grpc.ToProto} and {@link dev.millrace.grpc.FromProto}. The messages and stubs themselves are
 * generated from A2A's own definition when this module is built.
 */
@NullMarked
package dev.millrace.grpc;

import org.jspecify.annotations.NullMarked;
