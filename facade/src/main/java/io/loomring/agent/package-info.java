/** The agent, which puts the sockets of an unchanged program on io_uring, with the library in a loader of its own. */
@NullMarked
package io.loomring.agent;

import org.jspecify.annotations.NullMarked;
