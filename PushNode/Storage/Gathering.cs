namespace PushNode.Storage;

/// <summary>
/// Asks together what many ask at the same time: what comes while requests are under way goes into the next one. What is asked is never added to a request
/// that has been sent, so an answer is never older than the question. Each who asks waits, which bounds what is gathered.
/// </summary>
/// <param name="send">Sends some questions and returns the answers to the first of them, at least one; the rest is sent again.</param>
/// <param name="weigh">What a question counts for.</param>
/// <param name="maxWeight">What the questions of one request may count for; one alone may be heavier.</param>
/// <param name="lanes">Requests under way at a time.</param>
internal sealed class Gathering<TAsk, TAnswer>(Func<IReadOnlyList<TAsk>, Task<TAnswer[]>> send, Func<TAsk, int> weigh, int maxWeight, int lanes)
{
    private readonly Lock gate = new();
    private readonly Queue<Question> waiting = new();
    private int free = lanes;

    /// <summary>Returns the answer, or throws what sending it threw.</summary>
    public Task<TAnswer> AskAsync(TAsk ask, CancellationToken cancellationToken)
    {
        var question = new Question(ask);
        bool isFree;
        lock (gate)
        {
            waiting.Enqueue(question);
            isFree = free > 0;
            if (isFree)
                free--;
        }

        if (isFree)
            _ = RunAsync();
        return question.Answer.Task.WaitAsync(cancellationToken);
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } questions)
        {
            while (questions.Count > 0)
                questions = questions[await SendAsync(questions)..];
        }
    }

    // Does not throw. Returns how many questions have been answered, one way or the other.
    private async Task<int> SendAsync(List<Question> questions)
    {
        try
        {
            TAnswer[] answers = await send([.. questions.Select(static q => q.Ask)]);
            for (int i = 0; i < answers.Length; i++)
                questions[i].Answer.TrySetResult(answers[i]);
            return answers.Length;
        }
        catch (Exception e)
        {
            foreach (Question question in questions)
                question.Answer.TrySetException(e);
            return questions.Count;
        }
    }

    private List<Question> Take()
    {
        var taken = new List<Question>();
        lock (gate)
        {
            int weight = 0;
            while (waiting.TryPeek(out Question? next) && (taken.Count == 0 || weight + weigh(next.Ask) <= maxWeight))
            {
                weight += weigh(next.Ask);
                taken.Add(waiting.Dequeue());
            }

            if (taken.Count == 0)
                free++;
        }

        return taken;
    }

    private sealed class Question(TAsk ask)
    {
        public TAsk Ask { get; } = ask;

        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
