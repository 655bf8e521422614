Console.WriteLine("pushnode");
