27815:
 num     #instances         #bytes  class name (module)
-------------------------------------------------------
   1:         22423      164736216  [B (java.base@25.0.3)
   2:         10135       27362816  jdk.internal.vm.StackChunk (java.base@25.0.3)
   3:         20003        2720408  io.loomring.op.Operation
   4:         10001        1680168  java.lang.VirtualThread (java.base@25.0.3)
   5:          1179        1476872  [I (java.base@25.0.3)
   6:             4        1048640  [Lio.loomring.buffer.Buffer;
   7:           313         957536  [Ljdk.internal.vm.FillerElement; (java.base@25.0.3)
   8:         10002         720144  io.loomring.net.UringSocketImpl
   9:         20008         640256  java.util.concurrent.locks.ReentrantLock$NonfairSync (java.base@25.0.3)
  10:         30669         490704  java.lang.Object (java.base@25.0.3)
  11:         10035         481680  jdk.internal.ref.CleanerImpl$PhantomCleanableRef (java.base@25.0.3)
  12:         10002         480096  io.loomring.fd.RegularDescriptor
  13:         20003         480072  io.loomring.op.Operation$AttendNode
  14:         20003         480072  io.loomring.op.Operation$CancelNode
  15:         10001         480048  java.lang.VirtualThread$VThreadContinuation (java.base@25.0.3)
  16:         13489         431648  java.util.concurrent.ConcurrentHashMap$Node (java.base@25.0.3)
  17:         10019         400760  java.io.FileDescriptor (java.base@25.0.3)
  18:         10001         400040  io.loomring.net.UringSocket
  19:         10004         320128  java.util.concurrent.CountDownLatch$Sync (java.base@25.0.3)
  20:         20008         320128  java.util.concurrent.locks.ReentrantLock (java.base@25.0.3)
  21:         10002         320064  io.loomring.net.Receiver
  22:         10002         320064  java.net.InetAddress$InetAddressHolder (java.base@25.0.3)
  23:         10000         320000  io.loomring.op.Operation$RestNode
  24:          2412         317568  java.lang.Class (java.base@25.0.3)
  25:         12202         292848  java.lang.String (java.base@25.0.3)
  26:             1         262160  [Lio.loomring.op.Operation;
  27:         10001         240024  io.loomring.net.UringSocketImpl$Held
  28:         10001         240024  java.lang.VirtualThread$VThreadContinuation$1 (java.base@25.0.3)
  29:         10001         240024  java.net.Inet4Address (java.base@25.0.3)
  30:         10000         240000  io.loomring.benchmarks.ServerMain$$Lambda/0x000000008806c860
  31:         10000         240000  java.net.Socket$SocketInputStream (java.base@25.0.3)
  32:         10000         240000  java.net.Socket$SocketOutputStream (java.base@25.0.3)
  33:          2170         191208  [Ljava.lang.Object; (java.base@25.0.3)
  34:          4473         178920  jdk.internal.foreign.NativeMemorySegmentImpl (java.base@25.0.3)
  35:          4467         178680  io.loomring.buffer.Buffer
  36:         10004         160064  java.util.concurrent.CountDownLatch (java.base@25.0.3)
  37:         10001         160016  io.loomring.net.Closing$Forgotten
  38:         10001         160016  java.lang.VirtualThread$$Lambda/0x00000000880775f8 (java.base@25.0.3)
  39:         10000         160000  io.loomring.net.SocketStreams$Input
  40:         10000         160000  io.loomring.net.SocketStreams$Output
  41:            57          95120  [Ljava.util.concurrent.ConcurrentHashMap$Node; (java.base@25.0.3)
  42:             4          65600  [Ljdk.internal.ref.PhantomCleanable; (java.base@25.0.3)
  43:            12          50064  [C (java.base@25.0.3)
  44:          1415          45280  java.util.HashMap$Node (java.base@25.0.3)
  45:           394          35712  [Ljava.util.HashMap$Node; (java.base@25.0.3)
  46:           467          22416  java.lang.invoke.MemberName (java.base@25.0.3)
  47:           546          21840  java.lang.invoke.MethodType (java.base@25.0.3)
  48:           278          21128  [Ljava.lang.ref.SoftReference; (java.base@25.0.3)
  49:           648          20736  jdk.internal.util.WeakReferenceKey (java.base@25.0.3)
  50:            26          20384  [J (java.base@25.0.3)
  51:           409          19632  java.util.HashMap (java.base@25.0.3)
  52:           536          16032  [Ljava.lang.Class; (java.base@25.0.3)
  53:           154          13552  java.lang.reflect.Method (java.base@25.0.3)
  54:           375          12000  java.lang.invoke.LambdaForm$Name (java.base@25.0.3)
  55:           280          11200  sun.security.util.KnownOIDs (java.base@25.0.3)
  56:           341          10912  jdk.internal.math.FDBigInteger (java.base@25.0.3)
  57:           141          10152  java.lang.reflect.Field (java.base@25.0.3)
Total: reserved=7739502KB, committed=472150KB
-                 Java Heap (reserved=6172672KB, committed=393216KB)
-                     Class (reserved=1048777KB, committed=713KB)
-                    Thread (reserved=24797KB, committed=1713KB)
-                      Code (reserved=248834KB, committed=8690KB)
-                        GC (reserved=158682KB, committed=45802KB)
-                 GCCardSet (reserved=1KB, committed=1KB)
-                  Compiler (reserved=246KB, committed=246KB)
-                  Internal (reserved=1293KB, committed=1293KB)
-                     Other (reserved=10KB, committed=10KB)
-                    Symbol (reserved=1360KB, committed=1360KB)
-    Native Memory Tracking (reserved=464KB, committed=464KB)
-        Shared class space (reserved=16384KB, committed=13908KB, readonly=0KB)
-               Arena Chunk (reserved=33KB, committed=33KB)
-                   Tracing (reserved=7KB, committed=7KB)
-                    Module (reserved=175KB, committed=175KB)
-                 Safepoint (reserved=8KB, committed=8KB)
-           Synchronization (reserved=181KB, committed=181KB)
-            Serviceability (reserved=17KB, committed=17KB)
-                 Metaspace (reserved=65559KB, committed=4311KB)
-      String Deduplication (reserved=1KB, committed=1KB)
-           Object Monitors (reserved=1KB, committed=1KB)
VmRSS:	  447508 kB
RssAnon:	  421636 kB
