27444:
 num     #instances         #bytes  class name (module)
-------------------------------------------------------
   1:         22386      164735096  [B (java.base@25.0.3)
   2:         10661       30101328  jdk.internal.vm.StackChunk (java.base@25.0.3)
   3:         20003        2720408  io.loomring.op.Operation
   4:          6866        2568464  [Ljdk.internal.vm.FillerElement; (java.base@25.0.3)
   5:         10002        1680336  java.lang.VirtualThread (java.base@25.0.3)
   6:          1167        1520392  [I (java.base@25.0.3)
   7:             4        1048640  [Lio.loomring.buffer.Buffer;
   8:         10002         720144  io.loomring.net.UringSocketImpl
   9:         20007         640224  java.util.concurrent.locks.ReentrantLock$NonfairSync (java.base@25.0.3)
  10:         30672         490752  java.lang.Object (java.base@25.0.3)
  11:         10038         481824  jdk.internal.ref.CleanerImpl$PhantomCleanableRef (java.base@25.0.3)
  12:         10002         480096  io.loomring.fd.RegularDescriptor
  13:         10002         480096  java.lang.VirtualThread$VThreadContinuation (java.base@25.0.3)
  14:         20003         480072  io.loomring.op.Operation$AttendNode
  15:         20003         480072  io.loomring.op.Operation$CancelNode
  16:         13385         428320  java.util.concurrent.ConcurrentHashMap$Node (java.base@25.0.3)
  17:         10019         400760  java.io.FileDescriptor (java.base@25.0.3)
  18:         10001         400040  io.loomring.net.UringSocket
  19:         10004         320128  java.util.concurrent.CountDownLatch$Sync (java.base@25.0.3)
  20:         20007         320112  java.util.concurrent.locks.ReentrantLock (java.base@25.0.3)
  21:         10002         320064  io.loomring.net.Receiver
  22:         10002         320064  java.net.InetAddress$InetAddressHolder (java.base@25.0.3)
  23:         10000         320000  io.loomring.op.Operation$RestNode
  24:          2421         318672  java.lang.Class (java.base@25.0.3)
  25:         12165         291960  java.lang.String (java.base@25.0.3)
  26:             1         262160  [Lio.loomring.op.Operation;
  27:         10002         240048  java.lang.VirtualThread$VThreadContinuation$1 (java.base@25.0.3)
  28:         10001         240024  io.loomring.net.UringSocketImpl$Held
  29:         10001         240024  java.net.Inet4Address (java.base@25.0.3)
  30:         10000         240000  io.loomring.benchmarks.ServerMain$$Lambda/0x000000001e0632f8
  31:         10000         240000  java.net.Socket$SocketInputStream (java.base@25.0.3)
  32:         10000         240000  java.net.Socket$SocketOutputStream (java.base@25.0.3)
  33:          5963         238520  jdk.internal.foreign.NativeMemorySegmentImpl (java.base@25.0.3)
  34:          5956         238240  io.loomring.buffer.Buffer
  35:          2158         191248  [Ljava.lang.Object; (java.base@25.0.3)
  36:         10004         160064  java.util.concurrent.CountDownLatch (java.base@25.0.3)
  37:         10002         160032  java.lang.VirtualThread$$Lambda/0x000000001e076fe8 (java.base@25.0.3)
  38:         10001         160016  io.loomring.net.Closing$Forgotten
  39:         10000         160000  io.loomring.net.SocketStreams$Input
  40:         10000         160000  io.loomring.net.SocketStreams$Output
  41:            57          95184  [Ljava.util.concurrent.ConcurrentHashMap$Node; (java.base@25.0.3)
  42:             4          65600  [Ljdk.internal.ref.PhantomCleanable; (java.base@25.0.3)
  43:            12          50064  [C (java.base@25.0.3)
  44:          1414          45248  java.util.HashMap$Node (java.base@25.0.3)
  45:           394          35712  [Ljava.util.HashMap$Node; (java.base@25.0.3)
  46:           466          22368  java.lang.invoke.MemberName (java.base@25.0.3)
  47:           537          21480  java.lang.invoke.MethodType (java.base@25.0.3)
  48:            26          20384  [J (java.base@25.0.3)
  49:           268          20368  [Ljava.lang.ref.SoftReference; (java.base@25.0.3)
  50:           408          19584  java.util.HashMap (java.base@25.0.3)
  51:           540          17280  jdk.internal.util.WeakReferenceKey (java.base@25.0.3)
  52:           523          15536  [Ljava.lang.Class; (java.base@25.0.3)
  53:           156          13728  java.lang.reflect.Method (java.base@25.0.3)
  54:             8          12928  [Ljava.util.concurrent.ForkJoinTask; (java.base@25.0.3)
  55:           359          11488  java.lang.invoke.LambdaForm$Name (java.base@25.0.3)
  56:           280          11200  sun.security.util.KnownOIDs (java.base@25.0.3)
  57:           341          10912  jdk.internal.math.FDBigInteger (java.base@25.0.3)
Total: reserved=7742747KB, committed=472707KB
-                 Java Heap (reserved=6172672KB, committed=393216KB)
-                     Class (reserved=1048776KB, committed=712KB)
-                    Thread (reserved=27880KB, committed=2044KB)
-                      Code (reserved=248969KB, committed=8825KB)
-                        GC (reserved=158694KB, committed=45814KB)
-                 GCCardSet (reserved=1KB, committed=1KB)
-                  Compiler (reserved=277KB, committed=277KB)
-                  Internal (reserved=1299KB, committed=1299KB)
-                     Other (reserved=10KB, committed=10KB)
-                    Symbol (reserved=1360KB, committed=1360KB)
-    Native Memory Tracking (reserved=470KB, committed=470KB)
-        Shared class space (reserved=16384KB, committed=13908KB, readonly=0KB)
-               Arena Chunk (reserved=2KB, committed=2KB)
-                   Tracing (reserved=7KB, committed=7KB)
-                    Module (reserved=175KB, committed=175KB)
-                 Safepoint (reserved=8KB, committed=8KB)
-           Synchronization (reserved=181KB, committed=181KB)
-            Serviceability (reserved=17KB, committed=17KB)
-                 Metaspace (reserved=65562KB, committed=4378KB)
-      String Deduplication (reserved=1KB, committed=1KB)
-           Object Monitors (reserved=1KB, committed=1KB)
VmRSS:	  475384 kB
RssAnon:	  449540 kB
