using System.Buffers.Binary;

namespace Tracker.Cli.TensorBoard;

/// <summary>
/// A TFRecord file: length (8 bytes, little endian), its masked CRC-32C, the data, their masked CRC-32C. It may still grow: a record that is
/// not whole yet is read the next time.
/// </summary>
internal sealed class RecordFile(string path) : IDisposable
{
    private const int HeaderBytes = 12;
    private const int FooterBytes = 4;
    private const long LongestRecord = 256 * 1024 * 1024;

    private readonly FileStream _file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 256 * 1024);
    private readonly byte[] _header = new byte[HeaderBytes];
    private long _position;

    public string Path { get; } = path;

    public long Length => _file.Length;

    /// <summary>Bytes read so far.</summary>
    public long Position => _position;

    /// <summary>Records whose data did not match their checksum; they are left out.</summary>
    public int Spoilt { get; private set; }

    /// <summary>The records that are whole, from where the last reading stopped.</summary>
    /// <exception cref="InvalidDataException">A length does not match its checksum: nothing behind it can be found.</exception>
    public IEnumerable<byte[]> Read()
    {
        while (true)
        {
            _file.Position = _position;
            if (_file.ReadAtLeast(_header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) yield break;
            var length = BinaryPrimitives.ReadInt64LittleEndian(_header);
            if (Crc32C.Masked(_header.AsSpan(0, 8)) != BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(8)) || length is < 0 or > LongestRecord)
                throw new InvalidDataException($"{Path} is no event file, or is spoilt at byte {_position}.");
            if (_position + HeaderBytes + length + FooterBytes > _file.Length) yield break;
            var data = new byte[length];
            var footer = new byte[FooterBytes];
            _file.ReadExactly(data);
            _file.ReadExactly(footer);
            _position += HeaderBytes + length + FooterBytes;
            if (Crc32C.Masked(data) == BinaryPrimitives.ReadUInt32LittleEndian(footer)) yield return data;
            else Spoilt++;
        }
    }

    public void Dispose() => _file.Dispose();
}
