using System.Buffers.Binary;

namespace Tracker.Cli.TensorBoard;

/// <summary>The numbers of a <c>TensorProto</c>, from its typed fields or from its bytes.</summary>
internal static class TensorNumbers
{
    private const int Float = 1, Double = 2, Int32 = 3, Int64 = 9, Bfloat16 = 14, Half = 19;

    public static (List<long> Shape, List<double> Numbers) Read(ReadOnlySpan<byte> tensor)
    {
        var (type, shape, numbers) = (0, new List<long>(), new List<double>());
        ReadOnlySpan<byte> content = default;
        var halves = new List<double>();
        var reader = new WireReader(tensor);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: type = (int)reader.Bits; break;
                case 2: ReadShape(reader.Bytes, shape); break;
                case 4: content = reader.Bytes; break;
                case 5: reader.AddDoubles(numbers, 4); break;
                case 6: reader.AddDoubles(numbers, 8); break;
                case 7 or 10: reader.AddIntegers(numbers); break;
                case 13: reader.AddIntegers(halves); break;
                default: break;
            }
        }

        foreach (var bits in halves) numbers.Add(type == Bfloat16 ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : (double)BitConverter.UInt16BitsToHalf((ushort)bits));
        if (numbers.Count == 0) ReadContent(type, content, numbers);
        // One number may stand for a whole tensor of it.
        var count = shape.Aggregate(1L, (product, size) => product * size);
        while (numbers.Count > 0 && numbers.Count < count && count <= 1_000_000) numbers.Add(numbers[^1]);
        return (shape, numbers);
    }

    private static void ReadShape(ReadOnlySpan<byte> bytes, List<long> shape)
    {
        var reader = new WireReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 2) continue;
            var size = 0L;
            var dimension = new WireReader(reader.Bytes);
            while (dimension.Next())
            {
                if (dimension.Field == 1) size = (long)dimension.Bits;
            }

            shape.Add(size);
        }
    }

    private static void ReadContent(int type, ReadOnlySpan<byte> content, List<double> numbers)
    {
        var size = type switch { Float or Int32 => 4, Double or Int64 => 8, Half or Bfloat16 => 2, _ => 0 };
        if (size == 0) return;
        for (; content.Length >= size; content = content[size..])
        {
            numbers.Add(type switch
            {
                Float => BinaryPrimitives.ReadSingleLittleEndian(content),
                Double => BinaryPrimitives.ReadDoubleLittleEndian(content),
                Int32 => BinaryPrimitives.ReadInt32LittleEndian(content),
                Int64 => BinaryPrimitives.ReadInt64LittleEndian(content),
                Half => (double)BinaryPrimitives.ReadHalfLittleEndian(content),
                _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(content) << 16),
            });
        }
    }
}
