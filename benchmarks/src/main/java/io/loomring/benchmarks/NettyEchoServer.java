package io.loomring.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;

/** Netty's echo server, one event loop, flushed once per read loop, pooled buffers: the way its users write it. */
final class NettyEchoServer {
  private NettyEchoServer() {}

  static int start(boolean uring, int backlog, boolean sink, AtomicLong open) throws InterruptedException {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
        1, uring ? IoUringIoHandler.newFactory() : EpollIoHandler.newFactory());
    ServerBootstrap bootstrap = new ServerBootstrap()
        .group(loops)
        .channel(uring ? IoUringServerSocketChannel.class : EpollServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, backlog)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel channel) {
            open.getAndIncrement();
            channel.closeFuture().addListener(closed -> open.getAndDecrement());
            channel.pipeline().addLast(sink ? Sink.INSTANCE : Echo.INSTANCE);
          }
        });
    return ((InetSocketAddress)
            bootstrap.bind(InetAddress.getLoopbackAddress(), 0).sync().channel().localAddress())
        .getPort();
  }

  @Sharable
  private static final class Echo extends ChannelInboundHandlerAdapter {
    static final Echo INSTANCE = new Echo();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      context.write(message, context.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  @Sharable
  private static final class Sink extends ChannelInboundHandlerAdapter {
    static final Sink INSTANCE = new Sink();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
