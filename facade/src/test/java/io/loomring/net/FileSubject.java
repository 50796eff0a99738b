package io.loomring.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;

/** Whose files a scenario is played on. */
enum FileSubject {
  JDK {
    @Override
    File open(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
      return new OfTheJdk(FileChannel.open(path, options, attributes));
    }
  },

  URING {
    @Override
    File open(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
      return new Ours(UringFile.open(path, options, attributes));
    }
  };

  abstract File open(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException;

  /** What both have, under one type. */
  interface File extends Channel {
    /** The channel itself, which is of either type. */
    SeekableByteChannel channel();

    default int read(ByteBuffer into) throws IOException {
      return channel().read(into);
    }

    default int write(ByteBuffer from) throws IOException {
      return channel().write(from);
    }

    default long read(ByteBuffer[] into, int offset, int length) throws IOException {
      return ((ScatteringByteChannel) channel()).read(into, offset, length);
    }

    default long read(ByteBuffer... into) throws IOException {
      return ((ScatteringByteChannel) channel()).read(into);
    }

    default long write(ByteBuffer[] from, int offset, int length) throws IOException {
      return ((GatheringByteChannel) channel()).write(from, offset, length);
    }

    default long write(ByteBuffer... from) throws IOException {
      return ((GatheringByteChannel) channel()).write(from);
    }

    default long position() throws IOException {
      return channel().position();
    }

    default boolean position(long newPosition) throws IOException {
      return channel().position(newPosition) == channel();
    }

    default long size() throws IOException {
      return channel().size();
    }

    default boolean truncate(long size) throws IOException {
      return channel().truncate(size) == channel();
    }

    @Override
    default boolean isOpen() {
      return channel().isOpen();
    }

    @Override
    default void close() throws IOException {
      channel().close();
    }

    int read(ByteBuffer into, long position) throws IOException;

    int write(ByteBuffer from, long position) throws IOException;

    void force(boolean metaData) throws IOException;

    long transferTo(long position, long count, WritableByteChannel target) throws IOException;

    long transferFrom(ReadableByteChannel source, long position, long count) throws IOException;
  }

  private record OfTheJdk(FileChannel channel) implements File {
    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return channel.read(into, position);
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      return channel.write(from, position);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      channel.force(metaData);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
      return channel.transferTo(position, count, target);
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
      return channel.transferFrom(source, position, count);
    }
  }

  private record Ours(UringFile channel) implements File {
    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return channel.read(into, position);
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      return channel.write(from, position);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      channel.force(metaData);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
      return channel.transferTo(position, count, target);
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
      return channel.transferFrom(source, position, count);
    }
  }
}
