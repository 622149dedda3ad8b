using System.Buffers.Binary;
using System.IO.Compression;

namespace FailureModes;

/// <summary>Labelled images, one row each; pixels scaled to the range 0 to 1.</summary>
internal sealed record Samples(float[] Pixels, int[] Classes, int Width)
{
    public int Count => Classes.Length;

    public ReadOnlySpan<float> Row(int i) => Pixels.AsSpan(i * Width, Width);

    public Samples Take(int count) => count >= Count ? this : new Samples(Pixels[..(count * Width)], Classes[..count], Width);
}

/// <summary>What is learnt from and what is checked on.</summary>
internal sealed record DataSet(string Name, Samples Train, Samples Validation)
{
    private const int ValidationDigits = 360;
    private const int ValidationMnist = 2_000;

    /// <summary>The 1,797 digits of 8×8 pixels that come with the example; the same split on every run.</summary>
    public static DataSet Digits()
    {
        using var file = typeof(DataSet).Assembly.GetManifestResourceStream("digits.csv.gz")!;
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var rows = new List<string>();
        while (text.ReadLine() is { Length: > 0 } line) rows.Add(line);

        // The file is ordered by writer.
        var order = Enumerable.Range(0, rows.Count).ToArray();
        new Random(0).Shuffle(order);
        const int width = 64;
        var pixels = new float[rows.Count * width];
        var classes = new int[rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            var cells = rows[order[i]].Split(',');
            for (var k = 0; k < width; k++) pixels[(i * width) + k] = int.Parse(cells[k]) / 16f;
            classes[i] = int.Parse(cells[width]);
        }

        return new DataSet(
            "digits",
            new Samples(pixels[(ValidationDigits * width)..], classes[ValidationDigits..], width),
            new Samples(pixels[..(ValidationDigits * width)], classes[..ValidationDigits], width));
    }

    /// <summary>MNIST, or anything in its format: four idx files, packed or not, under their usual names.</summary>
    public static DataSet Idx(string folder) => new(
        "mnist",
        ReadIdx(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ReadIdx(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte").Take(ValidationMnist));

    private static Samples ReadIdx(string folder, string imagesName, string labelsName)
    {
        var images = ReadFile(folder, imagesName, 0x803);
        var labels = ReadFile(folder, labelsName, 0x801);
        var count = BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(4));
        var width = BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(8)) * BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(12));
        if (images.Length != 16 + (count * width) || labels.Length != 8 + count)
            throw new InvalidDataException($"{imagesName} and {labelsName} do not hold the {count} images that they announce.");
        return new Samples(Array.ConvertAll(images[16..], pixel => pixel / 255f), Array.ConvertAll(labels[8..], label => (int)label), width);
    }

    private static byte[] ReadFile(string folder, string name, int magic)
    {
        var path = new[] { name, name + ".gz", name.Replace("-idx", ".idx", StringComparison.Ordinal) }
            .Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"No {name} or {name}.gz in {folder}.");
        using Stream file = File.OpenRead(path);
        using var plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var bytes = new MemoryStream();
        plain.CopyTo(bytes);
        var content = bytes.ToArray();
        return content.Length >= 8 && BinaryPrimitives.ReadInt32BigEndian(content) == magic
            ? content
            : throw new InvalidDataException($"{path} is not an idx file of the kind {magic:x}.");
    }
}
