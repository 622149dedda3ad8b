using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Tracker.Bench.Load;

/// <summary>
/// One kept HTTP/1.1 connection that posts batches, one at a time, by blocking calls: a head made once, the body sent as it is, of the answer what is
/// needed. Load and server share the processor, and a client's whole framework beside them would be measured with them.
/// </summary>
internal sealed class LogConnection(Uri address, string path) : IDisposable
{
    private readonly byte[] _answer = new byte[8_192];
    private readonly byte[] _head = Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: ");
    private readonly byte[] _length = new byte[16];
    private Socket? _socket;

    /// <summary>Posts a body and waits for the whole answer.</summary>
    /// <returns>The status, and the answer's body, which stands until the next call.</returns>
    public (int Status, ReadOnlyMemory<byte> Body) Post(ReadOnlyMemory<byte> body)
    {
        _socket ??= Connect();
        if (!Utf8Formatter.TryFormat(body.Length, _length, out var digits)) throw new ArgumentOutOfRangeException(nameof(body));
        "\r\n\r\n"u8.CopyTo(_length.AsSpan(digits));
        // One call of the kernel for head and body.
        var parts = new ArraySegment<byte>[] { _head, new(_length, 0, digits + 4), Segment(body) };
        var sent = _socket.Send(parts);
        if (sent != _head.Length + digits + 4 + body.Length) throw new IOException($"{sent} bytes of a batch were sent.");
        return Read(_socket);
    }

    public void Dispose() => _socket?.Dispose();

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address.Host, address.Port);
        return socket;
    }

    private (int Status, ReadOnlyMemory<byte> Body) Read(Socket socket)
    {
        var (length, bodyAt, bodyLength) = (0, -1, -1);
        var isChunked = false;
        while (true)
        {
            var read = socket.Receive(_answer.AsSpan(length));
            if (read == 0) throw new IOException("The server closed the connection in the middle of an answer.");
            length += read;
            var text = _answer.AsSpan(0, length);
            if (bodyAt < 0)
            {
                var end = text.IndexOf("\r\n\r\n"u8);
                if (end < 0) continue;
                bodyAt = end + 4;
                var header = text[..bodyAt];
                isChunked = header.IndexOf("Transfer-Encoding: chunked"u8) >= 0;
                var at = header.IndexOf("Content-Length: "u8);
                if (at >= 0 && !Utf8Parser.TryParse(header[(at + 16)..], out bodyLength, out _)) throw new IOException("The length of an answer is no number.");
            }

            if (isChunked ? text[bodyAt..].EndsWith("0\r\n\r\n"u8) : length >= bodyAt + bodyLength) break;
        }

        if (!Utf8Parser.TryParse(_answer.AsSpan(9, 3), out int status, out _)) throw new IOException("An answer has no status.");
        // The answer to a batch fits in one chunk: its size stands before it.
        var begin = isChunked ? bodyAt + _answer.AsSpan(bodyAt, length - bodyAt).IndexOf((byte)'\n') + 1 : bodyAt;
        return (status, _answer.AsMemory(begin, length - begin));
    }

    private static ArraySegment<byte> Segment(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment) ? segment : throw new ArgumentException("A batch is an array.", nameof(memory));
}
