/**
 * Who asks: every request is somebody's, and each protocol asks here whose. Today everybody who reaches the port is the
 * same owner.
 */
@NullMarked
package dev.millrace.server.auth;

import org.jspecify.annotations.NullMarked;
