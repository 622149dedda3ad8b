using System.CommandLine;
using System.Runtime.InteropServices;
using FailureModes;

var modes = new Argument<string[]>("mode") { Description = "Which to run; none: all at once.", Arity = ArgumentArity.ZeroOrMore };
modes.AcceptOnlyFromAmong([.. Mode.All.Select(mode => mode.Name)]);
var data = new Option<DirectoryInfo?>("--data") { Description = "Folder with MNIST's four idx files. Default: the 8×8 digits that come with the example." };
var steps = new Option<int>("--steps") { Description = "Optimizer steps a run.", DefaultValueFactory = _ => 4_000 };
var seed = new Option<int>("--seed") { Description = "Of the weights and of the order of the samples.", DefaultValueFactory = _ => 1 };
var delay = new Option<double?>("--step-delay") { Description = "Milliseconds to wait after each step. Default: 10; 0 with --record alone." };
var url = new Option<Uri?>("--url") { Description = "Address of the server. Default: TRACKER_URL, else http://127.0.0.1:5080.", CustomParser = Address };
var project = new Option<string>("--project") { Description = "Project of the runs.", DefaultValueFactory = _ => "failure-modes" };
var record = new Option<DirectoryInfo?>("--record") { Description = "Folder for recorded runs (MODE.jsonl.gz). Without --url nothing is sent." };

var root = new RootCommand("Trains a small network for real, well and badly in many ways, and logs it to Tracker.")
{
    modes, data, steps, seed, delay, url, project, record,
};
root.SetAction(async (parsed, cancellationToken) =>
{
    var folder = parsed.GetValue(record);
    var isSent = folder is null || parsed.GetValue(url) is not null;
    var wait = parsed.GetValue(delay) ?? (isSent ? 10 : 0);
    var plan = new Plan(parsed.GetValue(steps), parsed.GetValue(seed), TimeSpan.FromMilliseconds(wait));
    var set = parsed.GetValue(data) is { } files ? DataSet.Idx(files.FullName) : DataSet.Digits();
    var names = parsed.GetValue(modes) ?? [];
    var session = new Session(plan, set, parsed.GetValue(project)!, isSent ? parsed.GetValue(url) : null, isSent, folder);
    await session.RunAsync(Mode.All.Where(mode => names.Length == 0 || names.Contains(mode.Name)), cancellationToken);
    return 0;
});

// The first Ctrl-C ends the runs in order, as killed; the command then returns by itself.
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, stop.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

static Uri? Address(System.CommandLine.Parsing.ArgumentResult result)
{
    if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
    result.AddError($"'{result.Tokens[0].Value}' is not an http or https address.");
    return null;
}
