namespace PushNode.Settings;

/// <summary>The settings of one module: a plain class with its defaults in the initialisers, bound from one section and checked before anything starts.</summary>
internal interface ISettings
{
    /// <summary>The section of the configuration it is bound from.</summary>
    static abstract string Section { get; }

    /// <summary>What is wrong with the values, each with its key and the remedy; empty when all is well.</summary>
    IEnumerable<SettingError> Check();
}
